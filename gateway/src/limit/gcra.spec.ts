import fc from 'fast-check';
import { intervalOf, judge, type Kept, type Limit } from './gcra.ts';
import { LocalLimiter } from './local-limiter.ts';

const limits: fc.Arbitrary<Limit> = fc.record({ perSecond: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 1_000 }) });
const one = (key: string, limit: Limit) => [{ key, limit }];

describe('One bucket', () => {
  it('lets a burst through at once, and not one more', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const limiter = new LocalLimiter();
        let allowed = 0;
        for (let n = 0; n < limit.burst + 5; n += 1) if (limiter.judge(one('a', limit), 1_000_000).isAllowed) allowed += 1;
        expect(allowed).toBe(limit.burst);
      }),
    );
  });

  it('never lets more through than burst and rate allow, however requests come', () => {
    fc.assert(
      fc.property(limits, fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 300 }), (limit, gaps) => {
        const limiter = new LocalLimiter();
        let now = 0;
        let allowed = 0;
        for (const gap of gaps) {
          now += gap;
          if (limiter.judge(one('a', limit), now).isAllowed) allowed += 1;
        }
        expect(allowed).toBeLessThanOrEqual(limit.burst + Math.ceil((now * 1_000) / intervalOf(limit)));
      }),
    );
  });

  it('lets the next one through exactly when it said', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const fullAt = intervalOf(limit) * limit.burst;
        const [verdict] = judge([{ fullAt, limit }], 0).verdicts;
        const wait = Math.round((verdict?.retryAfterMs ?? 0) * 1e3);
        expect(wait).toBeGreaterThan(0);
        expect(judge([{ fullAt, limit }], wait).isAllowed).toBe(true);
        expect(judge([{ fullAt, limit }], wait - 1).isAllowed).toBe(false);
      }),
    );
  });

  it('tells how many more could come, truly', () => {
    fc.assert(
      fc.property(limits, fc.nat(2_000_000), (limit, ahead) => {
        let bucket: Kept = { fullAt: ahead, limit };
        const before = judge([bucket], 0);
        let { remaining } = before.verdicts[0] ?? { remaining: 0 };
        bucket = { fullAt: before.fullAts[0] ?? 0, limit };
        while (judge([bucket], 0).isAllowed) {
          remaining -= 1;
          bucket = { fullAt: judge([bucket], 0).fullAts[0] ?? 0, limit };
        }
        expect(remaining).toBe(0);
      }),
    );
  });

  it('counts each caller for itself', () => {
    const limiter = new LocalLimiter();
    const limit = { perSecond: 1, burst: 1 };
    expect(limiter.judge(one('a', limit), 0).isAllowed).toBe(true);
    expect(limiter.judge(one('a', limit), 0).isAllowed).toBe(false);
    expect(limiter.judge(one('b', limit), 0).isAllowed).toBe(true);
  });
});

describe('Several buckets', () => {
  const kept: fc.Arbitrary<Kept> = fc.record({ fullAt: fc.nat(3_000_000), limit: limits });
  const several = fc.array(kept, { minLength: 1, maxLength: 5 });
  const now = fc.nat(3_000_000);

  it('allow what each of them allows, and nothing else', () => {
    fc.assert(
      fc.property(several, now, (buckets, at) => {
        const alone = buckets.map((bucket) => judge([bucket], at).isAllowed);
        const judgement = judge(buckets, at);
        expect(judgement.isAllowed).toBe(alone.every(Boolean));
        expect(judgement.verdicts.map(({ isAllowed }) => isAllowed)).toEqual(alone);
      }),
    );
  });

  it('all take what is allowed, as each would alone', () => {
    fc.assert(
      fc.property(several, now, (buckets, at) => {
        const judgement = judge(buckets, at);
        fc.pre(judgement.isAllowed);
        const alone = buckets.map((bucket) => judge([bucket], at));
        expect(judgement.fullAts).toEqual(alone.flatMap(({ fullAts }) => fullAts));
        expect(judgement.verdicts).toEqual(alone.flatMap(({ verdicts }) => verdicts));
      }),
    );
  });

  it('take nothing of what one of them refuses', () => {
    fc.assert(
      fc.property(several, now, limits, (buckets, at, limit) => {
        const full: Kept = { fullAt: at + intervalOf(limit) * limit.burst, limit };
        const judgement = judge([...buckets, full], at);
        expect(judgement.isAllowed).toBe(false);
        expect(judgement.fullAts).toEqual([...buckets, full].map(({ fullAt }) => fullAt));
        expect(judgement.verdicts.map(({ resetMs }) => resetMs)).toEqual(
          [...buckets, full].map(({ fullAt }) => Math.max(0, fullAt - at) / 1e3),
        );
      }),
    );
  });

  it('let through as many as the tightest does', () => {
    fc.assert(
      fc.property(fc.array(limits, { minLength: 1, maxLength: 5 }), (all) => {
        const limiter = new LocalLimiter();
        const buckets = all.map((limit, index) => ({ key: String(index), limit }));
        const tightest = Math.min(...all.map(({ burst }) => burst));
        let allowed = 0;
        for (let n = 0; n < tightest + 5; n += 1) if (limiter.judge(buckets, 0).isAllowed) allowed += 1;
        expect(allowed).toBe(tightest);
      }),
    );
  });
});
