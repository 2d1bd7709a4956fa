import fc from 'fast-check';
import { type Breaker, type BreakerPolicy, closedBreaker, lets, reported, sending } from './breaker.ts';

const policy: BreakerPolicy = { windowMs: 10_000, failures: 5, share: 0.5, restMs: 1_000, longestRestMs: 4_000 };

const failing = (times: number, now: number, from: Breaker = closedBreaker): Breaker =>
  Array.from({ length: times }).reduce<Breaker>((breaker) => reported(breaker, true, policy, now), from);

describe('A circuit breaker', () => {
  it('opens when enough has failed in the window, and not before', () => {
    expect(lets(failing(4, 0), 0)).toBe(true);
    expect(lets(failing(5, 0), 0)).toBe(false);
  });

  it('forgets what failed before the window', () => {
    expect(lets(failing(4, 10_500, failing(4, 0)), 10_500)).toBe(true);
  });

  it('stays closed while most is answered', () => {
    const busy = Array.from({ length: 20 }).reduce<Breaker>((breaker) => reported(breaker, false, policy, 0), closedBreaker);
    expect(lets(failing(19, 0, busy), 0)).toBe(true);
    expect(lets(failing(20, 0, busy), 0)).toBe(false);
  });

  it('lets one request find out after a rest, and all of them when that one was answered', () => {
    const open = failing(5, 0);
    expect(lets(open, 999)).toBe(false);
    expect(lets(open, 1_000)).toBe(true);
    const probing = sending(open, 1_000);
    expect(lets(probing, 1_000)).toBe(false);
    expect(reported(probing, false, policy, 1_100)).toEqual(closedBreaker);
  });

  it('rests twice as long each time the probe fails, to a bound', () => {
    let breaker = failing(5, 0);
    let now = 0;
    for (const restMs of [1_000, 2_000, 4_000, 4_000]) {
      expect(lets(breaker, now + restMs - 1)).toBe(false);
      now += restMs;
      expect(lets(breaker, now)).toBe(true);
      breaker = reported(sending(breaker, now), true, policy, now);
    }
  });

  it('lets another probe go where the first never reports', () => {
    const probing = sending(failing(5, 0), 1_000);
    expect(lets(probing, 1_999)).toBe(false);
    expect(lets(probing, 2_000)).toBe(true);
  });

  it('lets something through again however long and whatever was reported, in the time of its longest rest', () => {
    const reports = fc.array(fc.record({ isFailure: fc.boolean(), ms: fc.nat({ max: 3_000 }), isSent: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(reports, (all) => {
        let breaker: Breaker = closedBreaker;
        let now = 0;
        for (const { isFailure, ms, isSent } of all) {
          now += ms;
          if (isSent && lets(breaker, now)) breaker = sending(breaker, now);
          breaker = reported(breaker, isFailure, policy, now);
          if (breaker.state === 'closed') expect(breaker.tallies.length).toBeLessThanOrEqual(10);
        }
        expect(lets(breaker, now + policy.longestRestMs)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
