import { type NanosText, parseNanos } from '@orrery/contracts';

export interface Sums {
  readonly balance: NanosText;
  /** What was given at sign-up or by the operator: it is used before anything that was paid for. */
  readonly gifted: NanosText;
  readonly used: NanosText;
}

/** Nothing is owed, and nothing is left but what is left of the gift: an account that can be closed and nobody loses by it. */
export const isSettled = (sums: Sums): boolean => {
  const [balance, gifted, used] = [parseNanos(sums.balance), parseNanos(sums.gifted), parseNanos(sums.used)] as const;
  const ofGift = gifted > used ? gifted - used : 0n;
  return balance >= 0n && balance <= ofGift;
};
