import { randomBytes, randomUUID } from 'node:crypto';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const lyceum = '/api/v2/external';

let system: System;
let token: string;
beforeAll(async () => {
  system = await startSystem();
  const password = randomBytes(12).toString('base64url');
  const email = `grace-${randomBytes(4).toString('hex')}@example.com`;
  await request(system.url).post(`${own}/users`).send({ email, password, name: 'Grace' });
  token = (await request(system.url).post(`${lyceum}/auth/login`).send({ email, password })).body.access_token;
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const as = (bearer: string) => ({
  get: (path: string) => request(system.url).get(path).auth(bearer, { type: 'bearer' }),
  post: (path: string, body: object = {}) => request(system.url).post(path).auth(bearer, { type: 'bearer' }).send(body),
  put: (path: string, body: object = {}) => request(system.url).put(path).auth(bearer, { type: 'bearer' }).send(body),
});

const operator = () => as(system.operatorKey);

/** More than any machine here has. */
const offerHuge = async (): Promise<void> => {
  const operator = as(system.operatorKey);
  await operator.put(`${own}/machine-types/huge`, { resources: { cpuMilli: 1_000_000, memoryMib: 1_024, gpus: 0 } });
  const { body: book } = await as(token).get(`${own}/price-book`);
  const priced = { meter: 'run.seconds', resource: 'huge', unit: 'second', nanosPerUnit: '1' };
  const published = await operator.post(`${own}/price-books`, { currency: book.currency, prices: [...book.prices, priced] });
  expect(published.status).toBe(201);
};

describe('somebody whose run waits', () => {
  it('is told why, since nothing will do, and what would start now; and the operator sees it in the queue', async () => {
    await offerHuge();
    const run = await eventually(async () => {
      const submitted = await as(token).post(`${own}/runs`, { code: 'print(1)', machineType: 'huge' });
      return submitted.status === 201 && submitted.body;
    });
    const waiting = await eventually(
      async () => {
        const { body } = await as(token).get(`${own}/runs/${run.id}/explain`);
        return body.waiting;
      },
      { within: 30_000 },
    );
    expect(waiting).toMatchObject({
      reason: 'no-machine',
      queues: [{ scope: 'organization', position: 1 }, { position: 1 }],
      missing: [{ causes: [{ cause: 'too-small' }] }],
      start: null,
      startUnknown: expect.stringContaining('would never start'),
      instead: [{ change: 'machine-type', input: { machineType: 'cpu' } }],
    });
    const theirs = await as(token).get(`${lyceum}/execution/${run.id}/explain`);
    expect(theirs.body).toMatchObject({
      execution_id: run.id,
      waiting: { reason: 'no-machine', instead: [{ input: { execution_type: 'cpu' } }] },
    });
    const queue = await as(system.operatorKey).get(`${own}/queue`);
    const { body: orgs } = await as(token).get(`${own}/orgs`);
    const queueName = orgs.items[0].slug;
    expect(queue.body).toMatchObject({ items: [{ id: run.id, position: 1, queue: run.orgId, queueName }], summary: { waiting: 1 } });
    const uses = await as(system.operatorKey).get(`${own}/queue/quotas`);
    expect(uses.body.items).toMatchObject([{ node: run.orgId, nodeName: queueName, waiting: 1 }]);
    const stranger = randomUUID();
    const { body: set } = await operator().put(`${own}/quotas`, { node: stranger, limitMilli: { a1000: 1_000 } });
    const warned = [
      `There is no organization ${stranger}: what is set of ${stranger} is nobody's.`,
      expect.stringContaining('names a1000'),
    ];
    expect(set.warnings).toEqual(warned);
    expect((await operator().get(`${own}/queue`)).body.warnings).toEqual(warned);
    await as(token).post(`${own}/runs/${run.id}/end`, { mode: 'abort' });
  }, 60_000);

  it('can ask what would become of another one, which is judged like a submission', async () => {
    const what = await eventually(async () => {
      const { body } = await as(token).post(`${own}/what-if`, { machineType: 'cpu' });
      return body.startsNow === true && body;
    });
    expect(what).toMatchObject({ machineType: 'cpu', waiting: null, summary: 'It would start now, as cpu.' });
    const refused = await as(token).post(`${own}/what-if`, { machineType: 'cpu', workerId: randomUUID() });
    expect([refused.status, refused.body.code]).toEqual([404, 'WorkerNotFound']);
    const contradiction = { near: { group: 'a', scope: 'machine' }, apart: { group: 'a', scope: 'machine' } };
    expect((await as(token).post(`${own}/what-if`, contradiction)).status).toBe(400);
  }, 30_000);

  it('sees nothing of the queue of all', async () => {
    for (const path of ['queue', 'queue/running', 'queue/quotas', 'quotas', 'pools', 'scheduler-rules']) {
      expect([path, (await as(token).get(`${own}/${path}`)).status]).toEqual([path, 403]);
    }
    expect((await as(token).get(`${own}/priority-classes`)).status).toBe(200);
    expect((await as(token).get(`${own}/runs/${randomUUID()}/explain`)).status).toBe(404);
  }, 30_000);
});
