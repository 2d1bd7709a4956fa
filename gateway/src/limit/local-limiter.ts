import { type Judgement, judge, type Limit } from './gcra.ts';

export interface KeyedLimit {
  readonly key: string;
  readonly limit: Limit;
}

const maxBuckets = 50_000;

/** Judges by what this process has seen alone: for while Redis does not answer. */
export class LocalLimiter {
  readonly #fullAt = new Map<string, number>();

  /** `nowMs` in milliseconds. */
  judge(buckets: readonly KeyedLimit[], nowMs: number): Judgement {
    const now = Math.round(nowMs * 1e3);
    const judgement = judge(
      buckets.map(({ key, limit }) => ({ fullAt: this.#fullAt.get(key) ?? now, limit })),
      now,
    );
    for (const [index, { key }] of buckets.entries()) this.#keep(key, judgement.fullAts[index] ?? now);
    return judgement;
  }

  #keep(key: string, fullAt: number): void {
    // Last used, last forgotten.
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    if (this.#fullAt.size <= maxBuckets) return;
    const [oldest] = this.#fullAt.keys();
    if (oldest !== undefined) this.#fullAt.delete(oldest);
  }
}
