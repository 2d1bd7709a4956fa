export interface GateLimits {
  /** Requests that run at the same time. */
  readonly concurrency: number;
  /** Requests that wait for their turn; one more is shed. */
  readonly queue: number;
}

type Job = () => Promise<void>;

/** Bounded work: so many at once, so many waiting, the rest turned away at the door. Jobs handle their own errors. */
export class Gate {
  readonly #limits: GateLimits;
  #running = 0;
  #waiting: Job[] = [];
  #idle: (() => void)[] = [];

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** False: no room, the job will not run. */
  enter(job: Job): boolean {
    if (this.#running < this.#limits.concurrency) {
      void this.#run(job);
      return true;
    }
    if (this.#waiting.length >= this.#limits.queue) return false;
    this.#waiting.push(job);
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void> {
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  async #run(job: Job): Promise<void> {
    this.#running += 1;
    try {
      for (let next: Job | undefined = job; next; next = this.#waiting.shift()) await next();
    } finally {
      this.#running -= 1;
      if (this.#running === 0) for (const settle of this.#idle.splice(0)) settle();
    }
  }
}
