/** Asks once for all who want to know at a time. Who comes while an answer is under way gets the next one: this one may be too old. */
export class Shared<T> {
  readonly #ask: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  ask(): Promise<T> {
    if (!this.#running) return this.#start();
    const next = (): Promise<T> => {
      this.#next = undefined;
      return this.#start();
    };
    this.#next ??= this.#running.then(next, next);
    return this.#next;
  }

  #start(): Promise<T> {
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = undefined;
    });
    this.#running = running;
    return running;
  }
}
