export interface Source<T> {
  /** False until the whole of it was there once. */
  readonly isReady: boolean;
  get(key: string): T | undefined;
}

/** What another service publishes, readable here; it answers even while its source is away. */
export interface ReadSnapshot<T> {
  readonly isLoaded: boolean;
  get(key: string): T | undefined;
  /** The value once it is as wished, or what is there when time is up: lets a reader catch up with what it just wrote elsewhere. */
  when(key: string, isWished: (value: T) => boolean, ms: number): Promise<T | undefined>;
}

interface Waiter<T> {
  readonly isWished: (value: T) => boolean;
  readonly done: () => void;
}

/** However many wait, memory stays bounded; whoever comes after gets what is there. */
const maxWaiters = 10_000;

/** A snapshot that can be waited for. Whoever feeds the source says which key has changed. */
export class Snapshot<T> implements ReadSnapshot<T> {
  readonly #onChange: (key: string, now: T | undefined) => void;
  readonly #waiters = new Map<string, Set<Waiter<T>>>();
  #waiting = 0;
  #source: Source<T> = { isReady: false, get: () => undefined };

  constructor(onChange: (key: string, now: T | undefined) => void = () => undefined) {
    this.#onChange = onChange;
  }

  /** From now on it reads from here. */
  attach(source: Source<T>): void {
    this.#source = source;
  }

  get isLoaded(): boolean {
    return this.#source.isReady;
  }

  get(key: string): T | undefined {
    return this.#source.get(key);
  }

  changed(key: string): void {
    const now = this.get(key);
    this.#onChange(key, now);
    if (now === undefined) return;
    for (const waiter of this.#waiters.get(key) ?? []) if (waiter.isWished(now)) waiter.done();
  }

  async when(key: string, isWished: (value: T) => boolean, ms: number): Promise<T | undefined> {
    const now = this.get(key);
    if ((now !== undefined && isWished(now)) || this.#waiting >= maxWaiters) return now;
    await this.#wait(key, isWished, ms);
    return this.get(key);
  }

  #wait(key: string, isWished: (value: T) => boolean, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(key) ?? new Set();
      const done = (): void => {
        clearTimeout(timer);
        if (waiters.delete(waiter)) this.#waiting -= 1;
        if (waiters.size === 0) this.#waiters.delete(key);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const waiter = { isWished, done };
      waiters.add(waiter);
      this.#waiters.set(key, waiters);
      this.#waiting += 1;
    });
  }
}
