import { createServer, type Server, type Socket } from 'node:net';
import { identity } from '@orrery/contracts';
import { logOf, metricsText } from '@orrery/telemetry';
import { eventually, startRedis } from '@orrery/testing';
import request from 'supertest';
import type { Buckets } from '../src/limit/buckets.ts';
import { RateLimiter } from '../src/limit/rate-limiter.ts';
import { operatorKey, type Person, startWorld, type World } from './fixtures/world.ts';

const limit = { perSecond: 10, burst: 5 };
const of = (caller: string): Buckets => [{ of: 'key', key: `key:${caller}`, limit }];
const limiterAt = (url: string, patienceMs = 5_000): RateLimiter => new RateLimiter({ url, log: logOf('test'), patienceMs });

const aloneNow = async (): Promise<string | undefined> => /^orrery_rate_limit_alone\{?[^\n]*\s(\d)$/m.exec(await metricsText())?.[1];

/** A gateway that has just started counts by itself until it has found Redis. */
const untilShared = (world: World): Promise<unknown> =>
  eventually(async () => {
    await request(world.url).get('/orrery/v1/workers').auth(operatorKey, { type: 'bearer' });
    return (await aloneNow()) === '0';
  });

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
    await untilShared(world);
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

describe('A plan', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({
      env: {
        ORRERY_RATE_LIMIT_REDIS_MS: '5000',
        ORRERY_RATE_LIMIT_READ: '1000/10000',
        ORRERY_RATE_LIMIT_WRITE: '1000/10000',
        ORRERY_RATE_LIMIT_ORG: '0.05/70',
        ORRERY_DEFAULT_PLAN: 'hobby',
      },
    });
    await untilShared(world);
  }, 30_000);
  afterAll(() => world?.stop());

  const read = (bearer: string) => request(world.url).get('/orrery/v1/runs').auth(bearer, { type: 'bearer' });
  const write = (bearer: string) => request(world.url).post('/orrery/v1/runs').auth(bearer, { type: 'bearer' }).send({ code: 'x' });
  const put = async ({ orgId }: Person, plan: identity.PlanName): Promise<void> => {
    await world.publishing.plans.put(orgId, identity.PlanSnapshot.parse({ orgId, plan }));
    await eventually(async () => (await read((await world.person()).token)).status === 200);
  };

  it('counts all that an organization does, by whomever and of whatever kind', async () => {
    const owner = await world.person();
    await put(owner, 'hobby');
    const key = await world.apiKey(owner);
    let allowed = 0;
    let limited = await read(owner.token);
    for (let n = 1; limited.status !== 429 && n < 200; n += 1) {
      allowed += 1;
      limited = await (n % 3 === 0 ? write(key) : read(n % 2 === 0 ? owner.token : key));
    }
    // Sixty at once, and one more for each second that it took.
    expect(allowed).toBeGreaterThanOrEqual(60);
    expect(allowed).toBeLessThan(100);
    expect(limited.body).toMatchObject({ code: 'RateLimited', limit: 'plan' });
    expect(limited.headers).toMatchObject({
      'retry-after': '1',
      'ratelimit-limit': '60',
      'ratelimit-remaining': '0',
      'ratelimit-policy': '60;w=60',
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': '0',
    });
    const reset = Number(limited.headers['x-ratelimit-reset']);
    expect(Math.abs(reset - Date.now() / 1e3 - Number(limited.headers['ratelimit-reset']))).toBeLessThan(3);
    expect((await read((await world.person()).token)).status).toBe(200);
  });

  it('tells where an organization stands', async () => {
    const owner = await world.person();
    await put(owner, 'starter');
    await eventually(async () => (await read(owner.token)).headers['ratelimit-limit'] === '300');
    const [first, second] = [await read(owner.token), await write(owner.token)];
    expect(Number(second.headers['ratelimit-remaining'])).toBeLessThanOrEqual(Number(first.headers['ratelimit-remaining']));
  });

  it('of those who have none is the operator’s choice', async () => {
    expect((await read((await world.person()).token)).headers).toMatchObject({ 'ratelimit-limit': '60', 'ratelimit-remaining': '59' });
  });
});

describe('The limits of everybody', () => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld({
      env: {
        ORRERY_RATE_LIMIT_REDIS_MS: '5000',
        ORRERY_RATE_LIMIT_READ: '0.05/5',
        ORRERY_RATE_LIMIT_ORG: '0.05/8',
        ORRERY_RATE_LIMIT_ADDRESS: '0.05/20',
        ORRERY_TRUST_PROXY: '127.0.0.1',
      },
    });
    await untilShared(world);
  }, 30_000);
  afterAll(() => world?.stop());

  const readFrom = (address: string, bearer: string) =>
    request(world.url).get('/orrery/v1/runs').auth(bearer, { type: 'bearer' }).set('x-forwarded-for', address);
  const readUntilLimited = async (address: string, bearer: string): Promise<readonly [allowed: number, by: string]> => {
    for (let allowed = 0; ; allowed += 1) {
      const { status, body } = await readFrom(address, bearer);
      if (status === 429) return [allowed, body.limit];
      expect([status, allowed < 50]).toEqual([200, true]);
    }
  };

  it('hold for a key, then for its organization, then for an address, and what is refused is taken from none', async () => {
    const address = '203.0.113.1';
    const [one, other] = [await world.person(), await world.person()];
    const keys = [await world.apiKey(one), await world.apiKey(one), await world.apiKey(other)] as const;
    expect(await readUntilLimited(address, keys[0])).toEqual([5, 'key']);
    // Ten more that are refused by the key leave the organization its three.
    for (let n = 0; n < 10; n += 1) expect((await readFrom(address, keys[0])).status).toBe(429);
    expect(await readUntilLimited(address, keys[1])).toEqual([3, 'org']);
    expect(await readUntilLimited(address, keys[2])).toEqual([5, 'key']);
    expect(await readUntilLimited(address, (await world.person()).token)).toEqual([5, 'user']);
    expect(await readUntilLimited(address, (await world.person()).token)).toEqual([2, 'address']);
    expect(await readUntilLimited('203.0.113.2', (await world.person()).token)).toEqual([5, 'user']);
  });

  it('are not multiplied by making keys of one’s own', async () => {
    const person = await world.person();
    const [one, other] = [await world.apiKey(person, { isOwn: true }), await world.apiKey(person, { isOwn: true })];
    expect(await readUntilLimited('203.0.113.3', one)).toEqual([5, expect.stringMatching(/^(key|user)$/)]);
    expect(await readUntilLimited('203.0.113.3', other)).toEqual([0, 'user']);
  });

  it('take a network of IPv6 for one address', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, () => world.person()));
    const allowed = [];
    for (const [n, { token }] of people.entries()) allowed.push((await readUntilLimited(`2001:db8:0:1::${n + 1}`, token))[0]);
    expect(allowed).toEqual([5, 5, 5, 5, 0]);
  });

  it('never let a stranger take from an organization', async () => {
    const [owner, stranger] = [await world.person(), await world.person()];
    for (let n = 0; n < 5; n += 1) {
      expect((await readFrom('203.0.113.4', stranger.token).set('x-org-slug', owner.slug)).status).toBe(403);
    }
    const { headers } = await readFrom('203.0.113.5', owner.token);
    expect(headers['ratelimit-remaining']).toBe('4');
    const others = await Promise.all([world.apiKey(owner), world.apiKey(owner)]);
    expect(await readUntilLimited('203.0.113.5', others[0])).toEqual([5, 'key']);
    expect(await readUntilLimited('203.0.113.5', others[1])).toEqual([2, 'org']);
  });

  it('count a key that is used from elsewhere by where it came from, and leave its own allowance alone', async () => {
    const owner = await world.person();
    const key = await world.apiKey(owner, { addresses: ['198.51.100.0/24'] });
    for (let n = 0; n < 20; n += 1) expect((await readFrom('203.0.113.6', key)).status).toBe(403);
    expect((await readFrom('198.51.100.1', key)).headers['ratelimit-remaining']).toBe('4');
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

  it('goes on alone where Redis goes away, by the same limits, and says so in a metric', async () => {
    const redis = await startRedis();
    const limiter = limiterAt(redis.url);
    try {
      await eventually(async () => {
        await limiter.judge('read', of('before'));
        return (await aloneNow()) === '0';
      });
      await redis.stop();
      await eventually(async () => {
        await limiter.judge('read', of('before'));
        return (await aloneNow()) === '1';
      });
      const caller: Buckets = [...of('after'), { of: 'org', key: 'org:x', limit: { perSecond: 0.01, burst: 3 } }];
      const rulings = [];
      for (let n = 0; n < 5; n += 1) rulings.push(await limiter.judge('read', caller));
      expect(rulings.map(({ isAllowed }) => isAllowed)).toEqual([true, true, true, false, false]);
      expect(rulings.at(-1)?.bucket.of).toBe('org');
      expect(await metricsText()).toMatch(
        /orrery_rate_limit_decisions_total\{class="read",by="local",outcome="limited",bucket="org"[^}]*\} 1/,
      );
    } finally {
      limiter.close();
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
        expect(performance.now() - before).toBeLessThan(4_000);
      }
      expect(allowed).toBeGreaterThanOrEqual(5);
      expect(allowed).toBeLessThan(8);
      expect(asked).toBeLessThan(3);
    });
  });
});
