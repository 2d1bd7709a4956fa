export interface GateLimits {
  /** Requests that run at the same time. */
  readonly concurrency: number;
  /** Requests that wait for their turn; one more is shed. */
  readonly queue: number;
}

/** Work that says when it is done, exactly once. */
export type Work = (done: () => void) => void;

/** Bounded work: so many at once, so many waiting, the rest turned away at the door. Work handles its own errors. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting: Work[] = [];
  readonly #idle: (() => void)[] = [];
  readonly #done = (): void => this.#leave();
  #running = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** False: no room, the work will not begin. */
  enter(work: Work): boolean {
    if (this.#running < this.#limits.concurrency) {
      this.#running += 1;
      work(this.#done);
      return true;
    }
    if (this.#waiting.length >= this.#limits.queue) return false;
    this.#waiting.push(work);
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    // Not at once: work that ends where it begins would pile up on the stack.
    if (next) queueMicrotask(() => next(this.#done));
    else {
      this.#running -= 1;
      if (this.#running === 0) for (const settle of this.#idle.splice(0)) settle();
    }
  }
}
