import { createServer, type Server, type Socket } from 'node:net';
import { logOf } from '@orrery/telemetry';
import { eventually, startRedis } from '@orrery/testing';
import request from 'supertest';
import type { Buckets } from '../src/limit/buckets.ts';
import { RateLimiter } from '../src/limit/rate-limiter.ts';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const limit = { perSecond: 10, burst: 5 };
const of = (caller: string): Buckets => [{ of: 'key', key: `key:${caller}`, limit }];
const limiterAt = (url: string, patienceMs = 5_000): RateLimiter => new RateLimiter({ url, log: logOf('test'), patienceMs });

describe('Limits', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    // So slow that nothing comes back while a busy machine takes its time.
    world = await startWorld({
      env: {
        ORRERY_RATE_LIMIT_REDIS_MS: '5000',
        ORRERY_RATE_LIMIT_READ: '0.05/3',
        ORRERY_RATE_LIMIT_ANONYMOUS: '0.05/4',
        ORRERY_RATE_LIMIT_LOGIN: '0.05/2',
      },
    });
    owner = await world.person();
  }, 30_000);
  afterAll(() => world?.stop());

  it('let a caller have its burst, and then say when to come again', async () => {
    const get = () => request(world.url).get('/orrery/v1/runs').auth(owner.token, { type: 'bearer' });
    const remaining: (string | undefined)[] = [];
    for (let n = 0; n < 3; n += 1) {
      const response = await get();
      expect(response.status).toBe(200);
      expect(response.headers['ratelimit-limit']).toBe('3');
      remaining.push(response.headers['ratelimit-remaining']);
    }
    expect(remaining).toEqual(['2', '1', '0']);
    const tooMany = await get();
    expect([tooMany.status, tooMany.body.code]).toEqual([429, 'RateLimited']);
    const wait = Number(tooMany.headers['retry-after']);
    expect(wait).toBeGreaterThan(10);
    expect(wait).toBeLessThanOrEqual(20);
    expect(Number(tooMany.headers['ratelimit-reset'])).toBeGreaterThanOrEqual(2);
    const theirs = await request(world.url).get('/api/v2/external/orgs').auth(owner.token, { type: 'bearer' });
    expect(theirs.status).toBe(429);
    expect(theirs.body.detail).toMatch(/^Too many requests: try again in (1\d|20) s\.$/);
    expect(
      (
        await request(world.url)
          .get('/orrery/v1/runs')
          .auth((await world.person()).token, { type: 'bearer' })
      ).status,
    ).toBe(200);
  });

  it('slow down whoever guesses keys, by address', async () => {
    const guess = () => request(world.url).get('/orrery/v1/runs').auth('lk_guess', { type: 'bearer' });
    const statuses = new Set<number>();
    for (let n = 0; n < 6; n += 1) statuses.add((await guess()).status);
    expect([...statuses]).toEqual([401, 429]);
  });

  it('slow down whoever guesses passwords', async () => {
    const guess = () => request(world.url).post('/api/v2/external/auth/login').send({ email: 'person@example.com', password: 'x' });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) statuses.push((await guess()).status);
    expect(statuses.slice(2)).toEqual([429, 429]);
  });
});

describe('The limiter', () => {
  it('counts for all gateways together', async () => {
    const redis = await startRedis();
    const [one, other] = [limiterAt(redis.url), limiterAt(redis.url)];
    try {
      await eventually(async () => (await one.judge('read', of('warm'))).isAllowed && (await other.judge('read', of('warm'))).isAllowed);
      const judged = await eventually(async () => {
        const caller = `caller-${Date.now()}`;
        const verdicts = [];
        for (let n = 0; n < 3; n += 1) verdicts.push(await one.judge('read', of(caller)), await other.judge('read', of(caller)));
        return verdicts.filter(({ isAllowed }) => isAllowed).length === 5;
      });
      expect(judged).toBe(true);
    } finally {
      one.close();
      other.close();
      await redis.stop();
    }
  });

  describe('before a Redis that hangs', () => {
    let silent: Server;
    let asked = 0;
    const sockets = new Set<Socket>();
    let limiter: RateLimiter;
    beforeAll(async () => {
      // Lets a client connect and then says nothing more, like a server that swaps.
      silent = createServer((socket) => {
        sockets.add(socket.on('error', () => undefined));
        socket.on('data', (data) => {
          const commands = data.toString().toLowerCase();
          const times = (name: string): number => commands.split(`\r\n$${name.length}\r\n${name}\r\n`).length - 1;
          socket.write('+OK\r\n'.repeat(times('client')) + '$9\r\nloading:0\r\n'.repeat(times('info')));
          asked += times('evalsha');
        });
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const address = silent.address();
      limiter = limiterAt(`redis://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, 50);
    });
    afterAll(async () => {
      limiter.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    });

    it('judges by itself, and waits a moment at most', async () => {
      await eventually(async () => {
        await limiter.judge('read', of('first'));
        return asked > 0;
      });
      let allowed = 0;
      for (let n = 0; n < 10; n += 1) {
        const before = performance.now();
        if ((await limiter.judge('read', of('caller'))).isAllowed) allowed += 1;
        expect(performance.now() - before).toBeLessThan(1_000);
      }
      expect(allowed).toBeGreaterThanOrEqual(5);
      expect(allowed).toBeLessThan(8);
      expect(asked).toBeLessThan(3);
    });
  });
});
