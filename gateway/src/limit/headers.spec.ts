import { rateLimitHeaders, retryAfterSeconds } from './headers.ts';
import type { Ruling } from './ruling.ts';

const ruling: Ruling = {
  isAllowed: true,
  bucket: { of: 'plan', key: 'org:x:hobby', limit: { perSecond: 1, burst: 60 } },
  verdict: { isAllowed: true, remaining: 3, retryAfterMs: 0, resetMs: 1_500 },
};

describe('The headers of a rate limit', () => {
  it('tell a caller where it stands, in both spellings', () => {
    expect(rateLimitHeaders(ruling, 1_700_000_000_000)).toEqual({
      'ratelimit-limit': '60',
      'ratelimit-remaining': '3',
      'ratelimit-reset': '2',
      'ratelimit-policy': '60;w=60',
      'x-ratelimit-limit': '60',
      'x-ratelimit-remaining': '3',
      'x-ratelimit-reset': '1700000002',
    });
  });

  it('never say to come back before it helps', () => {
    const wait = (retryAfterMs: number): number =>
      retryAfterSeconds({ ...ruling, isAllowed: false, verdict: { ...ruling.verdict, isAllowed: false, retryAfterMs } });
    expect([0.2, 1_000, 1_001, 59_999].map(wait)).toEqual([1, 1, 2, 60]);
  });
});
