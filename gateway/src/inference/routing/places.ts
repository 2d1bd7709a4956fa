/** Waits for a place. Called once, when there is one; never after it was taken back. */
export type Waiter = () => void;

export type Entered = 'at-once' | 'waiting' | 'full';

/**
 * The places of one target, and the bounded queue before them: whoever came first goes first. Whoever was given a place gives it back with
 * `leave`, whoever waits no longer goes with `forget`.
 */
export class Places {
  readonly #concurrency: number;
  readonly #longestQueue: number;
  #taken = 0;
  /** In the order they came. */
  readonly #waiting = new Set<Waiter>();

  constructor({ concurrency, longestQueue }: { concurrency: number; longestQueue: number }) {
    this.#concurrency = concurrency;
    this.#longestQueue = longestQueue;
  }

  get taken(): number {
    return this.#taken;
  }

  get hasRoom(): boolean {
    return this.#taken < this.#concurrency;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  enter(waiter: Waiter): Entered {
    if (this.hasRoom) {
      this.#taken += 1;
      return 'at-once';
    }
    if (this.#waiting.size >= this.#longestQueue) return 'full';
    this.#waiting.add(waiter);
    return 'waiting';
  }

  /** True where it was still waiting: then it has no place to give back. */
  forget(waiter: Waiter): boolean {
    return this.#waiting.delete(waiter);
  }

  /** The place goes to who waits longest. */
  leave(): void {
    if (this.#taken === 0) throw new RangeError('more places were given back than taken');
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#taken -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
