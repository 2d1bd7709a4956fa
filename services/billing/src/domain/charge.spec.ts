import { formatNanos } from '@orrery/contracts';
import fc from 'fast-check';
import { amountOf, billedSeconds } from './charge.ts';

const second = 1_000;

describe('billed seconds', () => {
  it('count a second that began', () => {
    expect([0, 1, 999, 1_000, 1_001, 59_999].map(billedSeconds)).toEqual([0, 1, 1, 1, 2, 60]);
  });

  it('are the least whole number of seconds that covers the time', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000_000), (ranMs) => {
        const seconds = billedSeconds(ranMs);
        expect(seconds * second).toBeGreaterThanOrEqual(ranMs);
        expect((seconds - 1) * second).toBeLessThan(Math.max(ranMs, 1));
      }),
    );
  });
});

describe('an amount', () => {
  it('is exact where floating point would not be', () => {
    expect(amountOf(3, { nanosPerSecond: formatNanos(100_000_000_000_000_001n) })).toBe('300000000000000003');
  });
});
