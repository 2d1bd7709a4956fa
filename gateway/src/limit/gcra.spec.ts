import fc from 'fast-check';
import { gcra, intervalOf, type Limit } from './gcra.ts';
import { LocalLimiter } from './local-limiter.ts';
import { rateLimitHeaders } from './rate-limiter.ts';

const limits: fc.Arbitrary<Limit> = fc.record({ perSecond: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 1_000 }) });

describe('The rate algorithm', () => {
  it('lets a burst through at once, and not one more', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const limiter = new LocalLimiter();
        let allowed = 0;
        for (let n = 0; n < limit.burst + 5; n += 1) if (limiter.judge('a', limit, 1_000_000).isAllowed) allowed += 1;
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
          if (limiter.judge('a', limit, now).isAllowed) allowed += 1;
        }
        expect(allowed).toBeLessThanOrEqual(limit.burst + Math.ceil((now * 1_000) / intervalOf(limit)));
      }),
    );
  });

  it('lets the next one through exactly when it said', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        let fullAt = 0;
        let verdict = gcra(fullAt, 0, limit);
        while (verdict.isAllowed) {
          fullAt = verdict.fullAt;
          verdict = gcra(fullAt, 0, limit);
        }
        expect(verdict.retryAfterMs).toBeGreaterThan(0);
        expect(gcra(fullAt, Math.round(verdict.retryAfterMs * 1e3), limit).isAllowed).toBe(true);
        expect(gcra(fullAt, Math.round(verdict.retryAfterMs * 1e3) - 1, limit).isAllowed).toBe(false);
      }),
    );
  });

  it('counts each caller for itself', () => {
    const limiter = new LocalLimiter();
    const limit = { perSecond: 1, burst: 1 };
    expect(limiter.judge('a', limit, 0).isAllowed).toBe(true);
    expect(limiter.judge('a', limit, 0).isAllowed).toBe(false);
    expect(limiter.judge('b', limit, 0).isAllowed).toBe(true);
  });

  it('tells a caller where it stands', () => {
    const verdict = { isAllowed: true, remaining: 3, retryAfterMs: 0, resetMs: 1_500 };
    expect(rateLimitHeaders(verdict, { perSecond: 1, burst: 5 })).toEqual({
      'ratelimit-limit': '5',
      'ratelimit-remaining': '3',
      'ratelimit-reset': '2',
    });
  });
});
