import { randomBytes } from 'node:crypto';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const within = { within: 15_000 };

let system: System;
beforeAll(async () => {
  system = await startSystem();
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const as = (bearer: string) => ({
  get: (path: string) => request(system.url).get(path).auth(bearer, { type: 'bearer' }),
  post: (path: string, body: object = {}) => request(system.url).post(path).auth(bearer, { type: 'bearer' }).send(body),
  put: (path: string, body: object = {}) => request(system.url).put(path).auth(bearer, { type: 'bearer' }).send(body),
  patch: (path: string, body: object = {}) => request(system.url).patch(path).auth(bearer, { type: 'bearer' }).send(body),
});

const customer = async (): Promise<{ token: string; orgId: string }> => {
  const [email, password] = [`${randomBytes(6).toString('hex')}@example.com`, randomBytes(12).toString('base64url')];
  const { body } = await request(system.url).post(`${own}/users`).send({ email, password, name: 'Somebody' });
  const login = await request(system.url).post('/api/v2/external/auth/login').send({ email, password });
  return { token: login.body.access_token, orgId: body.orgId };
};

/** A machine type of which the one machine has room for one. */
const offerMost = async (token: string): Promise<number> => {
  const operator = as(system.operatorKey);
  const { cpuMilli } = await eventually(async () => (await operator.get(`${own}/workers`)).body.items[0]?.facts, within);
  const most = Math.floor(cpuMilli * 0.75);
  await operator.put(`${own}/machine-types/most`, { resources: { cpuMilli: most, memoryMib: 256, gpus: 0 } });
  const { body: book } = await as(token).get(`${own}/price-book`);
  const priced = { meter: 'run.seconds', resource: 'most', unit: 'second', nanosPerUnit: '1' };
  await operator.post(`${own}/price-books`, { currency: book.currency, prices: [...book.prices, priced] });
  return most;
};

describe('work that may be preempted', () => {
  it('gives its place to whom it is guaranteed, waits again, and completes', async () => {
    const [borrower, owner] = [await customer(), await customer()];
    const cpu = await offerMost(borrower.token);
    const operator = as(system.operatorKey);
    expect((await operator.patch(`${own}/scheduler-rules`, { minRunMs: 0 })).status).toBe(200);
    expect((await operator.put(`${own}/quotas`, { node: owner.orgId, guaranteedMilli: { cpu } })).status).toBe(200);
    const submit = (token: string, body: object) =>
      eventually(async () => {
        const { status, body: run } = await as(token).post(`${own}/runs`, { machineType: 'most', ...body });
        return status === 201 && run.id;
      }, within);
    const seen = (token: string, id: string, expected: object) =>
      eventually(async () => expect((await as(token).get(`${own}/runs/${id}`)).body).toMatchObject(expected), within);

    const soft = await submit(borrower.token, { code: 'import time\ntime.sleep(6)\nprint("done")', preemptible: true });
    await seen(borrower.token, soft, { status: 'running', isBorrowed: true });
    const firm = await submit(owner.token, { code: 'import time\ntime.sleep(3)' });
    await seen(borrower.token, soft, { status: 'pending', preemptions: 1, preempted: { reason: 'reclaim' } });
    await seen(owner.token, firm, { status: 'completed', reason: 'exited', message: null });
    await seen(borrower.token, soft, { status: 'completed', attempt: 2, preemptions: 1, exitCode: 0 });
    const { body } = await as(borrower.token).get(`${own}/runs/${soft}/history`);
    expect(JSON.stringify(body)).not.toContain(firm);
  }, 120_000);
});
