import { type catalog, formatNanos, type NanosText, nanos, parseNanos } from '@orrery/contracts';

/** Seconds on the bill for a time that ran: a second begun is a second; nothing ran, nothing billed. */
export const billedSeconds = (ranMs: number): number => Math.ceil(ranMs / 1_000);

/** Seconds times price, exact in nano-units. */
export const amountOf = (seconds: number, price: Pick<catalog.PinnedPrice, 'nanosPerSecond'>): NanosText =>
  formatNanos(nanos(BigInt(seconds) * parseNanos(price.nanosPerSecond)));

/** A piece of work that costs `nanosPerSecond` since `startedAt` (milliseconds since the epoch). */
export interface Burn {
  readonly startedAt: number;
  readonly nanosPerSecond: bigint;
}

/**
 * When the credit of an organization ends, if its running work goes on: milliseconds since the epoch, or undefined if never.
 * Seconds are billed when they begin, so the answer is the first moment at which the billed total passes the balance.
 */
export const exhaustedAt = (balance: bigint, burns: readonly Burn[], now: number): number | undefined => {
  const rate = burns.reduce((sum, { nanosPerSecond }) => sum + nanosPerSecond, 0n);
  const spent = burns.reduce((sum, burn) => sum + burn.nanosPerSecond * BigInt(billedSeconds(Math.max(0, now - burn.startedAt))), 0n);
  const left = balance - spent;
  if (left <= 0n) return burns.length > 0 && rate > 0n ? now : undefined;
  if (rate === 0n) return undefined;
  // A bound, since a tiny rate against a large balance passes what a date can hold.
  const longest = 10n * 365n * 86_400n;
  const seconds = left / rate;
  return now + Number(seconds > longest ? longest : seconds) * 1_000;
};
