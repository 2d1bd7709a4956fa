import { formatNanos } from '@orrery/contracts';
import { isSettled } from './settlement.ts';

const settled = (gifted: bigint, paid: bigint, used: bigint): boolean =>
  isSettled({ balance: formatNanos(gifted + paid - used), gifted: formatNanos(gifted), used: formatNanos(used) });

describe('an account', () => {
  it('is settled where only the gift is left, or nothing', () => {
    expect(settled(5n, 0n, 0n)).toBe(true);
    expect(settled(5n, 0n, 3n)).toBe(true);
    expect(settled(5n, 10n, 15n)).toBe(true);
    expect(settled(0n, 0n, 0n)).toBe(true);
  });

  it('is not while credit is left that was paid for, for the gift is used first', () => {
    expect(settled(5n, 10n, 0n)).toBe(false);
    expect(settled(5n, 10n, 14n)).toBe(false);
    expect(settled(0n, 1n, 0n)).toBe(false);
  });

  it('is not while something is owed', () => {
    expect(settled(5n, 0n, 6n)).toBe(false);
  });
});
