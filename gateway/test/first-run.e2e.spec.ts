import { randomBytes, randomUUID } from 'node:crypto';
import { nanosOf } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type System, startSystem } from './fixtures/system.ts';

const base = '/api/v2/external';

describe('A customer', () => {
  let system: System;
  const email = `ada-${randomBytes(4).toString('hex')}@example.com`;
  const password = randomBytes(12).toString('base64url');
  let org: { orgId: string; orgSlug: string };
  let token: string;
  let key: string;
  let runId: string;

  beforeAll(async () => {
    system = await startSystem();
  }, 120_000);
  afterAll(() => system?.stop(), 60_000);

  const as = (bearer: string) => ({
    get: (path: string) => request(system.url).get(path).auth(bearer, { type: 'bearer' }),
    post: (path: string, body: object = {}) => request(system.url).post(path).auth(bearer, { type: 'bearer' }).send(body),
  });
  const balance = async (): Promise<bigint> => {
    const response = await as(key).get(`${base}/orgs/${org.orgSlug}/balance`);
    expect([response.status, response.body.balance]).toEqual([200, expect.any(String)]);
    return nanosOf(response.body.balance);
  };

  it('signs up and owns an organization', async () => {
    const response = await request(system.url).post('/orrery/v1/users').send({ email, password, name: 'Ada' });
    expect([response.status, response.body]).toEqual([
      201,
      { userId: expect.any(String), orgId: expect.any(String), orgSlug: expect.any(String) },
    ]);
    org = response.body;
    const again = await request(system.url).post('/orrery/v1/users').send({ email: email.toUpperCase(), password });
    expect([again.status, again.body.code]).toEqual([409, 'EmailTaken']);
  });

  it('logs in, and reads at once what is hers', async () => {
    const wrong = await request(system.url).post(`${base}/auth/login`).send({ email, password: 'wrong' });
    expect([wrong.status, wrong.body]).toEqual([401, { detail: 'E-mail address or password is wrong.' }]);
    const response = await request(system.url).post(`${base}/auth/login`).send({ email, password });
    expect([response.status, response.body.email]).toEqual([200, email]);
    token = response.body.access_token;
    const orgs = await as(token).get(`${base}/orgs`);
    expect(orgs.body).toMatchObject([{ id: org.orgId, slug: org.orgSlug, role: 'owner', is_default: true }]);
    expect((await as(token).get(`${base}/orgs/${org.orgSlug}`)).status).toBe(200);
  });

  it('creates a key that works from its first moment', async () => {
    const response = await as(token).post(`${base}/orgs/${org.orgSlug}/api-keys`, { name: 'laptop' });
    expect(response.status).toBe(200);
    key = response.body.plaintext_key;
    expect(key.startsWith(response.body.prefix)).toBe(true);
    const types = await as(key).get(`${base}/machine-types`);
    expect([types.status, types.body.machine_types[0]]).toEqual([
      200,
      { hardware_profile: expect.any(String), price_per_hour: expect.any(Number) },
    ]);
  });

  it('is greeted with credit', async () => {
    await eventually(async () => (await as(key).get(`${base}/orgs/${org.orgSlug}/balance`)).status === 200);
    await eventually(async () => (await balance()) > 0n);
  });

  it('submits a program, and the same submission twice is one run', async () => {
    const body = { code: 'import time\nfor n in range(3):\n    print("line", n, flush=True)\n    time.sleep(0.2)', timeout: 30 };
    const start = () => as(key).post(`${base}/execution/streaming/start`, body).set('idempotency-key', 'first-run');
    const first = await start();
    expect([first.status, first.body]).toMatchObject([200, { status: 'pending' }]);
    runId = first.body.execution_id;
    expect(first.body.streaming_url).toBe(`${system.url}${base}/execution/streaming/${runId}`);
    expect((await start()).body.execution_id).toBe(runId);
  });

  it('sees its output as it comes, until its end', async () => {
    const response = await as(key).get(`${base}/execution/streaming/${runId}`).buffer(true);
    const frames = response.text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []));
    const output = frames.map((frame) => frame.output?.content ?? '').join('');
    expect(output).toBe('line 0\nline 1\nline 2\n');
    expect(frames.at(-1)).toEqual({ jobFinished: { job: { result: { returnCode: '0', error: null } } } });
  }, 30_000);

  it('reads what became of it', async () => {
    const status = await eventually(async () => {
      const response = await as(key).get(`${base}/execution/streaming/${runId}/status`);
      return response.body.status === 'completed' && response.body;
    });
    expect(status).toMatchObject({ execution_id: runId, errors: null, exit_code: 0 });
    const timing = await as(key).get(`${base}/execution/${runId}/timing`);
    expect(timing.body.duration).toBeGreaterThan(0.5);
    await eventually(async () => {
      const logs = await as(key).get(`${base}/logs/execution/${runId}`);
      return (
        logs.body.total === 3 && logs.body.logs.map(({ message }: { message: string }) => message.trim()).join() === 'line 0,line 1,line 2'
      );
    });
    const whole = await as(key).get(`${base}/execution/${runId}`);
    expect(whole.body).toMatchObject({ status: 'completed', result: { returnCode: '0', error: null } });
    expect(whole.body.stdout).toContain('line 2');
    const explained = await as(key).get(`${base}/execution/${runId}/explain`);
    expect(explained.body).toMatchObject({ execution_id: runId, status: 'completed', waiting: null, placement: null });
    const events = await as(key).get(`${base}/execution/${runId}/history`);
    // A busy machine lets a run wait for a moment longer, and then its history says so.
    const types = events.body.items
      .map(({ type }: { type: string }) => type)
      .filter((type: string) => !['RunKeptWaiting', 'ReservationMade'].includes(type));
    expect(types).toEqual(['RunSubmitted', 'RunPlaced', 'RunStarted', 'RunCompleted']);
  }, 30_000);

  it('pays for exactly the seconds it ran', async () => {
    const row = await eventually(async () => {
      const history = await as(key).get(`${base}/billing/history`);
      const [execution] = history.body.executions;
      return execution?.billed === true && { execution, body: history.body };
    });
    const { duration } = (await as(key).get(`${base}/execution/${runId}/timing`)).body;
    const prices = await as(key).get(`${base}/pricing`);
    const price = prices.body.prices.find(({ resource }: { resource: string }) => resource === 'cpu');
    const expected = nanosOf(price.unit_price) * BigInt(Math.ceil(duration));
    const movements = await as(key).get(`${base}/orgs/${org.orgSlug}/transactions`);
    const charge = movements.body.transactions.find(({ type }: { type: string }) => type === 'charge');
    expect(nanosOf(charge.amount)).toBe(-expected);
    expect(await balance()).toBe(nanosOf(charge.balance_after));
    expect(nanosOf(String(row.body.total_credits_spent))).toBe(expected);
    const credits = await as(key).get(`${base}/billing/credits`);
    expect(nanosOf(String(credits.body.used_credits))).toBe(expected);
    const check = await as(system.operatorKey).get('/orrery/v1/ledger/check');
    expect(check.body.differences).toEqual([]);
  }, 30_000);

  it('is shut out within a second when the key is revoked', async () => {
    const made = await as(token).post(`${base}/orgs/${org.orgSlug}/api-keys`, { name: 'lost' });
    const lost = made.body.plaintext_key;
    expect((await as(lost).get(`${base}/machine-types`)).status).toBe(200);
    await request(system.url).delete(`${base}/orgs/${org.orgSlug}/api-keys/${made.body.id}`).auth(token, { type: 'bearer' }).expect(200);
    await eventually(async () => (await as(lost).get(`${base}/machine-types`)).status === 401, { within: 1_000 });
  });

  it('cannot see what belongs to others', async () => {
    const mallory = { email: `mallory-${randomUUID()}@example.com`, password };
    await request(system.url).post('/orrery/v1/users').send(mallory).expect(201);
    const login = await request(system.url).post(`${base}/auth/login`).send(mallory);
    const stranger = as(login.body.access_token);
    expect((await stranger.get(`${base}/execution/${runId}`)).status).toBe(404);
    expect((await stranger.get(`${base}/execution/streaming/${runId}`)).status).toBe(404);
    expect((await stranger.post(`${base}/workloads/abort/${runId}`)).status).toBe(404);
    expect((await stranger.get(`${base}/orgs/${org.orgSlug}/balance`)).status).toBe(403);
  });
});
