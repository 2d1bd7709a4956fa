import type { Bucket } from './buckets.ts';
import type { Verdict } from './gcra.ts';

/** What was decided, and the bucket that it hung on: which refused for the longest time, or has the least left. */
export interface Ruling {
  readonly isAllowed: boolean;
  readonly bucket: Bucket;
  readonly verdict: Verdict;
}
