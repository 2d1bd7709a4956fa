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

/**
 * Generic cell rate algorithm: the whole state of a caller is the time at which its allowance would be full again.
 * The same arithmetic as in `gcra.lua.ts`, in milliseconds.
 */
export const gcra = (fullAt: number, now: number, { perSecond, burst }: Limit): Verdict & { readonly fullAt: number } => {
  const interval = 1_000 / perSecond;
  const next = Math.max(fullAt, now) + interval;
  const wait = next - interval * burst - now;
  if (wait > 0) return { isAllowed: false, remaining: 0, retryAfterMs: wait, resetMs: next - interval - now, fullAt };
  return { isAllowed: true, remaining: Math.floor(-wait / interval), retryAfterMs: 0, resetMs: next - now, fullAt: next };
};
