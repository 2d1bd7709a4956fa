export interface Source<T> {
  /** False until the whole of it was there once. */
  readonly isReady: boolean;
  get(key: string): T | undefined;
  /** Waits, at most so long, until everything is here that was published when this was asked. */
  caughtUp(ms: number): Promise<boolean>;
}

/** What another service publishes, readable here; it answers even while its source is away. */
export interface ReadSnapshot<T> {
  readonly isLoaded: boolean;
  get(key: string): T | undefined;
  /** The value as wished, or what is there when all that was published by now has come: a reader finds what it just wrote elsewhere. */
  when(key: string, isWished: (value: T) => boolean, ms: number): Promise<T | undefined>;
}

/** However many wait, memory stays bounded; whoever comes after gets what is there. */
const maxWaiting = 10_000;

/** A snapshot that can be caught up with. Whoever feeds the source says which key has changed. */
export class Snapshot<T> implements ReadSnapshot<T> {
  readonly #onChange: (key: string, now: T | undefined) => void;
  #waiting = 0;
  #source: Source<T> = { isReady: false, get: () => undefined, caughtUp: () => Promise.resolve(false) };

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
    this.#onChange(key, this.get(key));
  }

  async when(key: string, isWished: (value: T) => boolean, ms: number): Promise<T | undefined> {
    const now = this.get(key);
    if (now !== undefined && isWished(now)) return now;
    await this.caughtUp(ms);
    return this.get(key);
  }

  /** Waits until all is here that is published by now, at most so long. */
  async caughtUp(ms: number): Promise<void> {
    if (this.#waiting >= maxWaiting) return;
    this.#waiting += 1;
    try {
      await this.#source.caughtUp(ms);
    } finally {
      this.#waiting -= 1;
    }
  }
}
