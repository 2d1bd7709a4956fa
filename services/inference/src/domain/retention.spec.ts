import fc from 'fast-check';
import { contentSince, isTooLate, keptSince } from './retention.ts';

const dayMs = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const retention = { logDays: 90, billingDays: 3 };

describe('How long requests are kept', () => {
  it('is for what was said what its organization says now, and no time where it wants none of it', () => {
    expect(contentSince({ logging: { policy: 'full', retentionDays: 7 } }, now)).toBe(now - 7 * dayMs);
    expect(contentSince({ logging: { policy: 'metadata' } }, now)).toBe(Number.POSITIVE_INFINITY);
    expect(contentSince({ logging: { policy: 'off' } }, now)).toBe(Number.POSITIVE_INFINITY);
  });

  it('is for lines what the operator says, and less where nothing is to be logged', () => {
    expect(keptSince(retention, now)).toEqual({ logged: now - 90 * dayMs, unlogged: now - 3 * dayMs });
  });

  it('leaves no request that was deleted to be charged again: whatever may have been deleted is too late', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.integer({ min: -100 * dayMs, max: 0 }), fc.nat({ max: 3_600_000 - 1 }), (isLogged, ago, behind) => {
        const settledAt = now + ago;
        const { logged, unlogged } = keptSince(retention, now);
        const isDeleted = settledAt < (isLogged ? logged : unlogged);
        // Who takes it reads a clock that is up to an hour behind that of whoever deleted it.
        return !isDeleted || isTooLate({ isLogged, settledAt }, retention, now - behind);
      }),
    );
  });
});
