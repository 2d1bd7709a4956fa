/** Why an attempt came to nothing. */
export type Failure =
  | { readonly kind: 'connect' | 'reset' | 'first-byte-timed-out' }
  | { readonly kind: 'status'; readonly status: number; readonly retryAfterMs?: number | undefined };

export interface RetryPolicy {
  /** At one model, the first attempt included. */
  readonly attempts: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

export interface Attempted {
  readonly failure: Failure;
  /** Attempts at this model so far. */
  readonly attempts: number;
  /** Something was passed on: then there is no second attempt at all. */
  readonly hasAnswered: boolean;
  /** Another target of this model has room. */
  readonly isElsewhere: boolean;
  readonly hasFallback: boolean;
  readonly now: number;
  readonly deadline: number;
  /** In [0, 1). */
  readonly random: number;
}

export type Next =
  | { readonly kind: 'retry'; readonly inMs: number }
  | { readonly kind: 'fall-back' }
  /** What the last attempt said is the answer. */
  | { readonly kind: 'give-up' };

/** 501 and 505 say that it never will. */
const isTransient = (status: number): boolean => status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);

/** Whether the same request may succeed a moment later; and whether it is the target's fault that it did not. */
export const isRetriable = (failure: Failure): boolean => failure.kind !== 'status' || isTransient(failure.status);

/** Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): whoever failed together does not come again together. */
const pauseOf = ({ attempts, random }: Attempted, { firstPauseMs, longestPauseMs }: RetryPolicy): number =>
  random * Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts - 1));

/**
 * What comes after a failed attempt. Another target is asked at once, whatever the one that failed asks for; the same one not before the
 * moment that it named. Whatever would begin after the deadline is not begun.
 */
export const afterFailure = (attempted: Attempted, policy: RetryPolicy): Next => {
  const { failure, attempts, hasAnswered, isElsewhere, hasFallback, now, deadline } = attempted;
  if (hasAnswered || !isRetriable(failure)) return { kind: 'give-up' };
  const asked = failure.kind === 'status' && !isElsewhere ? (failure.retryAfterMs ?? 0) : 0;
  const inMs = Math.max(asked, isElsewhere ? 0 : pauseOf(attempted, policy));
  if (attempts < policy.attempts && asked <= policy.longestPauseMs && now + inMs < deadline) return { kind: 'retry', inMs };
  return hasFallback && now < deadline ? { kind: 'fall-back' } : { kind: 'give-up' };
};

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3), and `retry-after-ms`, which model servers send beside it. */
export const retryAfterOf = (headers: Readonly<Record<string, string | string[] | undefined>>, now: number): number | undefined => {
  const { 'retry-after-ms': precise, 'retry-after': coarse } = headers;
  if (typeof precise === 'string' && /^\d{1,9}(\.\d+)?$/.test(precise)) return Number(precise);
  if (typeof coarse !== 'string') return undefined;
  if (/^\d{1,9}$/.test(coarse)) return Number(coarse) * 1_000;
  // Other texts are dates to this runtime, too: `-1` is one.
  const at = /^[A-Z][a-z]{2,8},? /.test(coarse) ? Date.parse(coarse) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
};
