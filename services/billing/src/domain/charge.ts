import { type catalog, formatNanos, type NanosText, nanos, parseNanos } from '@orrery/contracts';

/** Seconds on the bill for a time that ran: a second begun is a second; nothing ran, nothing billed. */
export const billedSeconds = (ranMs: number): number => Math.ceil(ranMs / 1_000);

/** Seconds times price, exact in nano-units. */
export const amountOf = (seconds: number, price: Pick<catalog.PinnedPrice, 'nanosPerSecond'>): NanosText =>
  formatNanos(nanos(BigInt(seconds) * parseNanos(price.nanosPerSecond)));
