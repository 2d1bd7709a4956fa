import { gcra, type Limit, type Verdict } from './gcra.ts';

const maxCallers = 50_000;

/** Judges by what this process has seen alone: for while Redis does not answer. */
export class LocalLimiter {
  readonly #fullAt = new Map<string, number>();

  /** `nowMs` in milliseconds. */
  judge(key: string, limit: Limit, nowMs: number): Verdict {
    const now = Math.round(nowMs * 1e3);
    const { fullAt, ...verdict } = gcra(this.#fullAt.get(key) ?? now, now, limit);
    // Last used, last forgotten.
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    if (this.#fullAt.size > maxCallers) {
      const [oldest] = this.#fullAt.keys();
      if (oldest !== undefined) this.#fullAt.delete(oldest);
    }
    return verdict;
  }
}
