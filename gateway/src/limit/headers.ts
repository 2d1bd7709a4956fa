import { intervalOf } from './gcra.ts';
import type { Ruling } from './ruling.ts';

const whole = (ms: number): number => Math.ceil(ms / 1e3);

/**
 * How a caller stands, in both spellings that clients read: `RateLimit-*` of the IETF's draft, whose reset is a number of seconds, and the
 * older `X-RateLimit-*`, whose reset is a moment in seconds since the epoch. Of several buckets they tell of the one that matters first.
 */
export const rateLimitHeaders = ({ bucket: { limit }, verdict }: Ruling, nowMs: number): Readonly<Record<string, string>> => {
  const { remaining, resetMs } = verdict;
  const window = Math.max(1, Math.round((intervalOf(limit) * limit.burst) / 1e6));
  return {
    'ratelimit-limit': String(limit.burst),
    'ratelimit-remaining': String(remaining),
    'ratelimit-reset': String(whole(resetMs)),
    'ratelimit-policy': `${limit.burst};w=${window}`,
    'x-ratelimit-limit': String(limit.burst),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(whole(nowMs + resetMs)),
  };
};

/** Whole seconds after which another try is not in vain. */
export const retryAfterSeconds = ({ verdict }: Ruling): number => Math.max(1, whole(verdict.retryAfterMs));
