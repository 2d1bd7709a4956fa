import { execution } from '@orrery/contracts';
import { refuse } from '@orrery/messaging';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { startStub } from './fixtures/stub-service.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

describe('A gateway whose surroundings fail', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  const get = (path: string) => request(world.url).get(path).auth(owner.token, { type: 'bearer' });

  it('answers 503 with the name of a service that is down, well before the deadline, and 200 when it is back', async () => {
    await world.running.get('billing')?.stop();
    const ours = await get('/orrery/v1/balance');
    // At the deadline it would be 504.
    expect([ours.status, ours.body.code, ours.body.service]).toEqual([503, 'ServiceUnavailable', 'billing']);
    expect(ours.headers['retry-after']).toBe('1');
    const theirs = await get('/api/v2/external/user/status');
    expect([theirs.status, theirs.body]).toEqual([503, { detail: 'The billing service is not available at the moment: try again soon.' }]);
    expect((await get('/orrery/v1/runs')).status).toBe(200);
    world.running.set('billing', await startStub(world.serviceBus, 'billing', world.stubs));
    expect((await get('/orrery/v1/balance')).status).toBe(200);
  });

  it('answers 504 with the name of a service that is late, at the deadline', async () => {
    world.stubs.on(execution.GetRun, () => new Promise(() => undefined));
    const before = Date.now();
    const response = await get('/orrery/v1/runs/0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01');
    expect(Date.now() - before).toBeGreaterThanOrEqual(4_900);
    // At the deadline, and not at the end of the connection or of somebody's patience.
    expect(Date.now() - before).toBeLessThan(9_000);
    expect([response.status, response.body.code, response.body.service]).toEqual([504, 'DeadlineExceeded', 'execution']);
  }, 10_000);

  it('answers 500 without a word of what broke', async () => {
    world.stubs.on(execution.GetRun, async () => {
      throw new Error('password of the database is hunter2');
    });
    const response = await get('/orrery/v1/runs/0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01');
    expect([response.status, response.body.code]).toEqual([500, 'Fault']);
    expect(response.text).not.toMatch(/hunter2|Error|stack/);
    const theirs = await get('/api/v2/external/execution/0190f3a2-7c4e-7d10-9a8b-4f2d6c1e0a01/timing');
    expect([theirs.status, Object.keys(theirs.body)]).toEqual([500, ['detail']]);
  });

  it('passes on the refusal of a service with its status and its details', async () => {
    world.stubs.on(execution.SubmitRun, async () => refuse({ code: 'InsufficientCredits', details: { balance: '-5' } }));
    const ours = await request(world.url).post('/orrery/v1/runs').auth(owner.token, { type: 'bearer' }).send({ code: 'x' });
    expect([ours.status, ours.body]).toMatchObject([402, { code: 'InsufficientCredits', balance: '-5', title: 'Insufficient credits' }]);
    const start = '/api/v2/external/execution/streaming/start';
    const theirs = await request(world.url).post(start).auth(owner.token, { type: 'bearer' }).send({ code: 'x' });
    expect([theirs.status, theirs.body]).toEqual([402, { detail: 'Insufficient credits: top up the account of the organization.' }]);
  });

  it('serves on when identity is down: who is who lies in memory', async () => {
    const key = await world.apiKey(owner);
    await world.running.get('identity')?.stop();
    const response = await request(world.url).get('/orrery/v1/runs').auth(key, { type: 'bearer' });
    expect(response.status).toBe(200);
    world.running.set('identity', await startStub(world.serviceBus, 'identity', world.stubs));
  });

  it('serves on when Redis is killed, without making anybody wait for it', async () => {
    expect((await get('/orrery/v1/runs')).headers['ratelimit-limit']).toBe('2000');
    await world.redis.kill9();
    for (let n = 0; n < 20; n += 1) {
      const before = performance.now();
      const response = await get('/orrery/v1/runs');
      expect(response.status).toBe(200);
      // The driver's own patience with a dead Redis is many seconds.
      expect(performance.now() - before).toBeLessThan(5_000);
      expect(response.headers['ratelimit-limit']).toBe('2000');
    }
  });

  it('says before the deadline that nothing can be reached when the bus is gone, and serves when it is back', async () => {
    expect((await request(world.url).get('/ready')).body).toEqual({ ready: true });
    await world.nats.kill9();
    await eventually(async () => (await request(world.url).get('/ready')).status === 503);
    const response = await get('/orrery/v1/runs');
    // At the deadline it would be 504.
    expect([response.status, response.body.service]).toEqual([503, 'execution']);
    expect((await request(world.url).get('/health')).body).toEqual({ status: 'ok' });
    await world.nats.restart();
    await eventually(async () => (await get('/orrery/v1/runs')).status === 200);
    expect((await request(world.url).get('/ready')).status).toBe(200);
  }, 20_000);
});
