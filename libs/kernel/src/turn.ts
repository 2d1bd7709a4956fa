export interface Turns {
  readonly soonest: number;
  /** Between one and the next. */
  readonly every: number;
  readonly latest: number;
}

/**
 * When the next of many is to come again who were sent away: after the last of them, for those who come together are sent away together.
 * Where that would be too late, a new round begins.
 */
export const nextTurn = (last: number, { soonest, every, latest }: Turns): number => {
  const next = Math.max(soonest, last + every);
  return next > latest ? soonest : next;
};
