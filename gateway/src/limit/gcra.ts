/** So many a second in the long run, so many at once. */
export interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

export interface Verdict {
  readonly isAllowed: boolean;
  /** How many more could come at this moment. */
  readonly remaining: number;
  /** Milliseconds until the next one may come; 0 where this one may. */
  readonly retryAfterMs: number;
  /** Milliseconds until all is as if nothing had come. */
  readonly resetMs: number;
}

/** Microseconds between two requests at the long-run rate. Whole, so that nothing adds up to a wrong verdict. */
export const intervalOf = ({ perSecond }: Limit): number => Math.max(1, Math.round(1e6 / perSecond));

/**
 * Generic cell rate algorithm: the whole state of a caller is the time at which its allowance will be full again. Times are
 * whole microseconds; the same arithmetic as in `gcra.lua.ts`.
 */
export const gcra = (fullAt: number, now: number, limit: Limit): Verdict & { readonly fullAt: number } => {
  const interval = intervalOf(limit);
  const full = Math.max(fullAt, now);
  const next = full + interval;
  const wait = next - interval * limit.burst - now;
  if (wait > 0) return { isAllowed: false, remaining: 0, retryAfterMs: wait / 1e3, resetMs: (full - now) / 1e3, fullAt };
  return { isAllowed: true, remaining: Math.floor(-wait / interval), retryAfterMs: 0, resetMs: (next - now) / 1e3, fullAt: next };
};
