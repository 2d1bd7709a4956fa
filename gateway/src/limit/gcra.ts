/** So many a second in the long run, so many at once. */
export interface Limit {
  readonly perSecond: number;
  readonly burst: number;
}

/** How one bucket stands. */
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
 * Generic cell rate algorithm: the whole state of a bucket is the time at which its allowance will be full again. Times are whole
 * microseconds. A request that is not taken, because another bucket refuses it, leaves the state as it was.
 */
const stand = (fullAt: number, now: number, limit: Limit, isTaken: boolean): Verdict & { readonly fullAt: number } => {
  const interval = intervalOf(limit);
  const full = Math.max(fullAt, now);
  const next = isTaken ? full + interval : full;
  const wait = full + interval - interval * limit.burst - now;
  return {
    isAllowed: wait <= 0,
    remaining: Math.max(0, Math.floor((interval * limit.burst - (next - now)) / interval)),
    retryAfterMs: Math.max(0, wait) / 1e3,
    resetMs: (next - now) / 1e3,
    fullAt: isTaken ? next : fullAt,
  };
};

/** One bucket as it is kept. */
export interface Kept {
  readonly fullAt: number;
  readonly limit: Limit;
}

export interface Judgement {
  readonly isAllowed: boolean;
  /** Of each bucket, in their order. */
  readonly verdicts: readonly Verdict[];
  /** What is to be kept of each bucket now. */
  readonly fullAts: readonly number[];
}

/** One request before several buckets: all of them take it, or none does. The same arithmetic as in `gcra.lua.ts`. */
export const judge = (buckets: readonly Kept[], now: number): Judgement => {
  const isAllowed = buckets.every(({ fullAt, limit }) => stand(fullAt, now, limit, false).isAllowed);
  const stands = buckets.map(({ fullAt, limit }) => stand(fullAt, now, limit, isAllowed));
  return { isAllowed, verdicts: stands.map(({ fullAt: _, ...verdict }) => verdict), fullAts: stands.map(({ fullAt }) => fullAt) };
};
