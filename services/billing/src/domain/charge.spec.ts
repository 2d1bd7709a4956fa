import { formatNanos } from '@orrery/contracts';
import fc from 'fast-check';
import { amountOf, billedSeconds, exhaustedAt } from './charge.ts';

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

describe('the end of the credit', () => {
  const now = 1_000_000;

  it('is never without work that costs', () => {
    expect(exhaustedAt(5n, [], now)).toBeUndefined();
    expect(exhaustedAt(5n, [{ startedAt: now, nanosPerSecond: 0n }], now)).toBeUndefined();
  });

  it('is now where nothing is left', () => {
    expect(exhaustedAt(0n, [{ startedAt: now, nanosPerSecond: 1n }], now)).toBe(now);
    expect(exhaustedAt(10n, [{ startedAt: now - 10 * second, nanosPerSecond: 1n }], now)).toBe(now);
  });

  it('adds up everything that runs', () => {
    const burns = [
      { startedAt: now, nanosPerSecond: 2n },
      { startedAt: now, nanosPerSecond: 3n },
    ];
    expect(exhaustedAt(50n, burns, now)).toBe(now + 10 * second);
  });

  it('leaves less than one second of work unpaid', () => {
    const burn = fc.record({
      startedAt: fc.integer({ min: now - 600_000, max: now }),
      nanosPerSecond: fc.bigInt({ min: 10n ** 7n, max: 10n ** 12n }),
    });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 15n }), fc.array(burn, { minLength: 1, maxLength: 20 }), (balance, burns) => {
        const end = exhaustedAt(balance, burns, now);
        if (end === undefined) return;
        const rate = burns.reduce((sum, { nanosPerSecond }) => sum + nanosPerSecond, 0n);
        const spent = (at: number) => burns.reduce((sum, b) => sum + b.nanosPerSecond * BigInt(billedSeconds(at - b.startedAt)), 0n);
        if (end > now) expect(spent(end)).toBeLessThanOrEqual(balance);
        expect(spent(end + second)).toBeGreaterThan(balance - (end > now ? 0n : rate));
      }),
    );
  });
});
