import { randomUUID } from 'node:crypto';
import { startRedis } from '@orrery/testing';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { gcraLua, readAnswer } from '../src/limit/gcra.lua.ts';
import { intervalOf, judge, type Limit } from '../src/limit/gcra.ts';

/** So fast that allowances come back between two requests, and so slow that they do not. */
const limits: fc.Arbitrary<Limit> = fc.record({
  perSecond: fc.constantFrom(0.05, 1, 7, 300, 3_000, 250_000),
  burst: fc.integer({ min: 1, max: 6 }),
});

describe('The script in Redis', () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;

  beforeAll(async () => {
    redis = await startRedis();
    client = new Redis(redis.url);
  }, 30_000);
  afterAll(async () => {
    client?.disconnect();
    await redis?.stop();
  });

  const run = async (keys: readonly string[], all: readonly Limit[]) => {
    const args = all.flatMap((limit) => [intervalOf(limit), limit.burst]);
    return readAnswer((await client.eval(gcraLua, keys.length, ...keys, ...args)) as number[]);
  };

  it('judges as the pure arithmetic does, to the microsecond, whatever buckets there are and whatever came before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(limits, { minLength: 1, maxLength: 5 }),
        fc.array(fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }), { minLength: 1, maxLength: 25 }),
        async (all, requests) => {
          const keys = all.map(() => `test:${randomUUID()}`);
          const fullAt = new Map<string, number>();
          for (const chosen of requests) {
            const taken = chosen.filter((index) => index < all.length);
            if (taken.length === 0) continue;
            const used = taken.map((index) => keys[index] ?? '');
            const usedLimits = taken.flatMap((index) => all[index] ?? []);
            const told = await run(used, usedLimits);
            const model = judge(
              used.map((key, index) => ({ fullAt: fullAt.get(key) ?? told.now, limit: usedLimits[index] ?? { perSecond: 1, burst: 1 } })),
              told.now,
            );
            for (const [index, key] of used.entries()) fullAt.set(key, model.fullAts[index] ?? 0);
            expect(told.buckets).toEqual(
              model.verdicts.map(({ remaining, retryAfterMs, resetMs }) => ({
                remaining,
                waitMicros: Math.round(retryAfterMs * 1e3),
                resetMicros: Math.round(resetMs * 1e3),
              })),
            );
          }
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  it('takes from none where one refuses', async () => {
    const [wide, tight] = [`test:${randomUUID()}`, `test:${randomUUID()}`];
    const all = [
      { perSecond: 0.01, burst: 10 },
      { perSecond: 0.01, burst: 1 },
    ];
    await run([wide, tight], all);
    const before = await client.mget(wide, tight);
    const told = await run([wide, tight], all);
    expect(told.buckets.map(({ waitMicros }) => waitMicros > 0)).toEqual([false, true]);
    expect(told.buckets.map(({ remaining }) => remaining)).toEqual([9, 0]);
    expect(await client.mget(wide, tight)).toEqual(before);
  });

  it('leaves nothing behind when an allowance is full again', async () => {
    const key = `test:${randomUUID()}`;
    await run([key], [{ perSecond: 1, burst: 5 }]);
    const left = await client.pttl(key);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1_001);
  });

  it('lets through no more than one bucket allows, of many who ask at once', async () => {
    const shared = `test:${randomUUID()}`;
    const others = Array.from({ length: 40 }, () => `test:${randomUUID()}`);
    const all = [
      { perSecond: 0.01, burst: 25 },
      { perSecond: 0.01, burst: 3 },
    ];
    const told = await Promise.all(others.map((own) => run([shared, own], all)));
    expect(told.filter(({ buckets }) => buckets.every(({ waitMicros }) => waitMicros === 0))).toHaveLength(25);
  });
});
