interface Held<T> {
  readonly item: T;
  readonly bytes: number;
}

/** What has arrived and is not yet taken, and how it ends. One taker. */
export class Shelf<T> {
  readonly #held: Held<T>[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;
  /** All that was taken so far. */
  readonly taken = { items: 0, bytes: 0 };

  get isClosed(): boolean {
    return this.#end !== undefined;
  }

  get size(): number {
    return this.#held.length;
  }

  put(item: T, bytes: number): void {
    if (this.#end) return;
    this.#held.push({ item, bytes });
    this.#wake?.();
  }

  /** What is held can still be taken; then comes the end, with its error if it has one. */
  close(error?: Error): void {
    if (this.#end) return;
    this.#end = { error };
    this.#wake?.();
  }

  clear(): void {
    this.#held.length = 0;
  }

  /** The next item, or undefined at a good end. */
  async take(): Promise<{ readonly item: T } | undefined> {
    for (;;) {
      const held = this.#held.shift();
      if (held) {
        this.taken.items += 1;
        this.taken.bytes += held.bytes;
        return held;
      }
      if (this.#end?.error) throw this.#end.error;
      if (this.#end) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
