import { randomUUID } from 'node:crypto';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { Platform } from './fixtures/platform.ts';

const base = '/api/v2/external';
let platform: Platform;

interface Person {
  readonly token: string;
  readonly key: string;
  readonly orgId: string;
  readonly slug: string;
}

const signUp = async (): Promise<Person> => {
  const credentials = { email: `${randomUUID()}@example.com`, password: 'a long enough one' };
  const { body: user } = await request(platform.url).post('/orrery/v1/users').send(credentials).expect(201);
  const { body: session } = await request(platform.url).post(`${base}/auth/login`).send(credentials).expect(200);
  const { body: key } = await request(platform.url)
    .post(`${base}/orgs/${user.orgSlug}/api-keys`)
    .set('authorization', `Bearer ${session.access_token}`)
    .send({ name: 'e2e' })
    .expect(200);
  return { token: session.access_token, key: key.plaintext_key, orgId: user.orgId, slug: user.orgSlug };
};

const get = ({ key }: Person, path: string) => request(platform.url).get(`${base}${path}`).set('authorization', `Bearer ${key}`);
const post = ({ key }: Person, path: string, body: object = {}) =>
  request(platform.url).post(`${base}${path}`).set('authorization', `Bearer ${key}`).send(body);
const submit = async (person: Person, code: string, more: object = {}): Promise<string> => {
  const { body } = await post(person, '/execution/streaming/start', { code, execution_type: 'cpu', ...more }).expect(200);
  return body.execution_id;
};
const statusOf = async (person: Person, id: string): Promise<string> =>
  (await get(person, `/execution/streaming/${id}/status`).expect(200)).body.status;
const ends = (person: Person, id: string, status: string) =>
  eventually(async () => expect(await statusOf(person, id)).toBe(status), { within: 30_000 });

beforeAll(async () => {
  platform = await Platform.startInOne();
}, 120_000);
afterAll(() => platform?.stop(), 60_000);

describe('a customer', () => {
  it('runs a program, reads its output as often as they like, and pays its seconds', async () => {
    const ada = await signUp();
    await eventually(async () => expect((await get(ada, '/billing/credits')).body.available_credits).toBe(5), { within: 10_000 });
    const id = await submit(ada, 'import sys\nprint("héllo")\nprint("oh", file=sys.stderr)\nsys.exit(3)');
    const { text } = await get(ada, `/execution/streaming/${id}`)
      .buffer(true)
      .expect('content-type', /text\/event-stream/);
    expect(text).toContain('héllo');
    expect(text).toMatch(/"jobFinished":.*"returnCode":"3"/);
    await ends(ada, id, 'failed');
    expect((await get(ada, `/execution/streaming/${id}`).buffer(true)).text).toContain('héllo');
    await eventually(async () => expect((await get(ada, '/billing/history')).body).toMatchObject({ total_executions: 1 }));
    await eventually(async () => expect((await get(ada, `/orgs/${ada.slug}/balance`)).body.balance).toBe('4.9999875'));
    const { body } = await get(ada, `/execution/${id}/history`).expect(200);
    const types = body.items.map(({ type }: { type: string }) => type);
    // A busy machine may let it wait, and say so.
    const course = types.filter((type: string) => !['RunKeptWaiting', 'ReservationMade'].includes(type));
    expect(course).toEqual(['RunSubmitted', 'RunPlaced', 'RunStarted', 'RunFailed']);
  }, 60_000);

  it('submits once, however often the request is sent', async () => {
    const ada = await signUp();
    const send = () => post(ada, '/execution/streaming/start', { code: 'print(1)' }).set('idempotency-key', 'the-same');
    const ids = (await Promise.all([send(), send(), send()])).map(({ body }) => body.execution_id);
    expect(new Set(ids).size).toBe(1);
    expect((await get(ada, '/workloads/list')).body).toHaveLength(1);
    await post(ada, '/execution/streaming/start', { code: 'print(2)' }).set('idempotency-key', 'the-same').expect(422);
  }, 60_000);

  it('sees nothing of another organization', async () => {
    const [ada, eve] = [await signUp(), await signUp()];
    const id = await submit(ada, 'print("secret")');
    await ends(ada, id, 'completed');
    for (const path of [`/execution/${id}`, `/execution/streaming/${id}/status`, `/logs/execution/${id}`, `/execution/${id}/history`]) {
      const theirs = await get(eve, path);
      const unknown = await get(eve, path.replace(id, randomUUID()));
      expect(theirs.status).toBe(404);
      expect(unknown.status).toBe(404);
    }
    await post(eve, `/workloads/abort/${id}`).expect(404);
    expect((await get(eve, '/logs/user')).body.total).toBe(0);
  }, 60_000);

  it('is told what is wrong, in the words of the API they use', async () => {
    const ada = await signUp();
    const missing = await post(ada, '/execution/streaming/start', {}).expect(422);
    expect(missing.body.detail[0]).toMatchObject({ loc: ['body', 'code'], type: 'missing' });
    const unknown = await post(ada, '/execution/streaming/start', { code: 'x', execution_type: 'gpu.none' }).expect(400);
    expect(unknown.body.detail).toMatch(/gpu\.none|machine type/i);
    await request(platform.url).get(`${base}/workloads/list`).expect(401);
    await request(platform.url).get(`${base}/workloads/list`).set('authorization', 'Bearer lk_made_up').expect(401);
  });

  it('loses a key at once when it is revoked', async () => {
    const ada = await signUp();
    const { body: keys } = await request(platform.url)
      .get(`${base}/orgs/${ada.slug}/api-keys`)
      .set('authorization', `Bearer ${ada.token}`)
      .expect(200);
    await request(platform.url)
      .delete(`${base}/orgs/${ada.slug}/api-keys/${keys[0].id}`)
      .set('authorization', `Bearer ${ada.token}`)
      .expect(200);
    await eventually(async () => expect((await get(ada, '/workloads/list')).status).toBe(401), { within: 1_000 });
  });
});

describe('credit', () => {
  it('that runs out stops what runs and refuses what comes, until there is more', async () => {
    const ada = await signUp();
    const operator = (path: string) =>
      request(platform.url).post(`/orrery/v1${path}`).set('authorization', `Bearer ${platform.operatorKey}`);
    await request(platform.url)
      .put('/orrery/v1/machine-types/dear')
      .set('authorization', `Bearer ${platform.operatorKey}`)
      .send({ resources: { cpuMilli: 100, memoryMib: 64, gpus: 0 } })
      .expect(200);
    const prices = ['cpu', 'dear'].map((resource) => ({
      meter: 'run.seconds',
      resource,
      unit: 'second',
      nanosPerUnit: resource === 'dear' ? '2500000000' : '12500',
    }));
    await operator('/price-books').send({ currency: 'EUR', prices }).expect(201);
    await eventually(async () => expect((await get(ada, '/billing/credits')).body.available_credits).toBe(5), { within: 10_000 });
    const code = 'import time\nwhile True: time.sleep(0.1)';
    let id = '';
    await eventually(async () => {
      const { body, status } = await post(ada, '/execution/streaming/start', { code, execution_type: 'dear' });
      expect(status).toBe(200);
      id = body.execution_id;
    });
    await ends(ada, id, 'cancelled');
    await eventually(async () => {
      const { status, body } = await post(ada, '/execution/streaming/start', { code: 'print(1)' });
      expect(status).toBe(402);
      expect(body.detail).toMatch(/credit/i);
    });
    await operator(`/accounts/${ada.orgId}/grants`).send({ amount: '50000000000' }).expect(201);
    await eventually(async () => expect((await post(ada, '/execution/streaming/start', { code: 'print(1)' })).status).toBe(200));
  }, 90_000);
});
