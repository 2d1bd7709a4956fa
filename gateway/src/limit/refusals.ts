import { nextTurn } from '@orrery/kernel';
import type { Buckets } from './buckets.ts';
import { intervalOf } from './gcra.ts';
import type { Ruling } from './ruling.ts';

/** All in milliseconds since the epoch. */
interface Known {
  readonly openAt: number;
  readonly fullAt: number;
  /** When the last of those is to come again who were refused. */
  calledAt: number;
}

const maxBuckets = 50_000;
/** Whoever is asked to come later than this does not believe it. */
const longestMs = 30_000;

/**
 * What refuses still: until a bucket takes the next request, nobody needs to ask about the others. Behind an address there may be many,
 * who are told to come again one after the other.
 */
export class Refusals {
  readonly #known = new Map<string, Known>();

  get isEmpty(): boolean {
    return this.#known.size === 0;
  }

  /** Of a bucket that was found to refuse, and does so still. */
  find(buckets: Buckets, now: number): Ruling | undefined {
    for (const bucket of buckets) {
      const known = this.#known.get(bucket.key);
      if (known && known.openAt > now) return told(bucket, known, now);
    }
    return undefined;
  }

  /** A refusal, as it is told. */
  note({ bucket, verdict }: Ruling, now: number): Ruling {
    const { calledAt = 0 } = this.#known.get(bucket.key) ?? {};
    const known = { openAt: now + verdict.retryAfterMs, fullAt: now + verdict.resetMs, calledAt };
    // Last refused, last forgotten.
    this.#known.delete(bucket.key);
    this.#known.set(bucket.key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxBuckets && oldest !== undefined) this.#known.delete(oldest);
    return told(bucket, known, now);
  }
}

const told = (bucket: Buckets[0], known: Known, now: number): Ruling => {
  const { openAt, fullAt } = known;
  known.calledAt = nextTurn(known.calledAt, { soonest: openAt, every: intervalOf(bucket.limit) / 1e3, latest: now + longestMs });
  const comeAt = bucket.of === 'address' ? known.calledAt : openAt;
  return { isAllowed: false, bucket, verdict: { isAllowed: false, remaining: 0, retryAfterMs: comeAt - now, resetMs: fullAt - now } };
};
