import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type StandInGpus, slicedA100, standInGpus } from '@orrery/testing';
import request from 'supertest';
import { type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const within = { within: 20_000 };

let system: System;
let gpus: StandInGpus;
const weights = mkdtempSync(join(tmpdir(), 'orrery-weights-'));
beforeAll(async () => {
  chmodSync(weights, 0o755);
  writeFileSync(join(weights, 'llama'), 'the weights', { mode: 0o644 });
  gpus = standInGpus([slicedA100(0)]);
  system = await startSystem(undefined, { ORRERY_AGENT_NVIDIA_SMI: gpus.program, ORRERY_AGENT_WEIGHTS: weights });
}, 120_000);
afterAll(async () => {
  await system?.stop();
  rmSync(weights, { recursive: true });
}, 60_000);

const as = (bearer: string) => ({
  get: (path: string) => request(system.url).get(path).auth(bearer, { type: 'bearer' }),
  post: (path: string, body: object = {}) => request(system.url).post(path).auth(bearer, { type: 'bearer' }).send(body),
  put: (path: string, body: object = {}) => request(system.url).put(path).auth(bearer, { type: 'bearer' }).send(body),
});

const customer = async (): Promise<string> => {
  const [email, password] = [`${randomBytes(6).toString('hex')}@example.com`, randomBytes(12).toString('base64url')];
  const { body } = await request(system.url).post(`${own}/users`).send({ email, password, name: 'Somebody' });
  const login = await request(system.url).post('/api/v2/external/auth/login').send({ email, password });
  const token = login.body.access_token;
  // Whoever has no credit yet may see a run cancelled for want of it.
  await eventually(async () => Number((await as(token).get(`/api/v2/external/orgs/${body.orgSlug}/balance`)).body.balance) > 0, within);
  return token;
};

/** Machine types that are slices of a GPU, by the names of their profiles. */
const offerSlices = async (token: string, profiles: readonly string[]): Promise<void> => {
  const operator = as(system.operatorKey);
  for (const mig of profiles) {
    const resources = { cpuMilli: 100, memoryMib: 128, gpus: 1, gpuModel: 'a100', mig };
    expect((await operator.put(`${own}/machine-types/${mig}`, { resources })).status).toBe(200);
  }
  const { body: book } = await as(token).get(`${own}/price-book`);
  const priced = profiles.map((resource) => ({ meter: 'run.seconds', resource, unit: 'second', nanosPerUnit: '1' }));
  await operator.post(`${own}/price-books`, { currency: book.currency, prices: [...book.prices, ...priced] });
};

describe('slices of a GPU', () => {
  it('are made for runs, several on one GPU, and are free again when these have ended', async () => {
    const token = await customer();
    await offerSlices(token, ['1g.10gb', '7g.80gb']);
    const submit = (machineType: string, seconds: number) =>
      eventually(async () => {
        const code = `import os, time\nprint(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)\ntime.sleep(${seconds})`;
        const { status, body } = await as(token).post(`${own}/runs`, { machineType, code });
        return status === 201 && body.id;
      }, within);
    const seen = (id: string, expected: object) =>
      eventually(async () => expect((await as(token).get(`${own}/runs/${id}`)).body).toMatchObject(expected), within);

    const [one, other] = [await submit('1g.10gb', 4), await submit('1g.10gb', 4)];
    await seen(one, { status: 'running', attempt: 1 });
    await seen(other, { status: 'running', attempt: 1 });
    const slices = gpus.slices();
    expect(slices.map(({ profile }) => profile)).toEqual(['1g.10gb', '1g.10gb']);
    expect(new Set(slices.map(({ start }) => start)).size).toBe(2);

    const whole = await submit('7g.80gb', 0);
    await seen(whole, { status: 'pending' });
    await seen(one, { status: 'completed', exitCode: 0 });
    await seen(other, { status: 'completed', exitCode: 0 });
    await seen(whole, { status: 'completed', exitCode: 0, attempt: 1 });
    await eventually(() => expect(gpus.slices()).toEqual([]), within);
  }, 120_000);
});

describe('weights on a machine', () => {
  it('are there for a run that names them', async () => {
    const token = await customer();
    const { body } = await as(token).post(`${own}/runs`, {
      machineType: 'cpu',
      code: 'print(open("/weights/llama").read())',
      weights: ['llama'],
    });
    expect(body).toMatchObject({ request: { weights: ['llama'] } });
    await eventually(async () => {
      const { body: run } = await as(token).get(`${own}/runs/${body.id}`);
      expect(run).toMatchObject({ status: 'completed', exitCode: 0 });
    }, within);
  }, 60_000);
});
