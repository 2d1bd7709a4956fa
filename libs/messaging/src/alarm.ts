/**
 * One timer for many deadlines. It is set for the nearest and asks for the next when it goes off: most deadlines belong to what was
 * answered long before, and so cost nothing.
 */
export class Alarm {
  readonly #ring: (now: number) => number;
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  /** `ring` does what is due, and tells when something is due again. Times are those of `performance.now()`. */
  constructor(ring: (now: number) => number) {
    this.#ring = ring;
  }

  /** Rings not later than this. */
  setFor(at: number): void {
    if (at >= this.#at) return;
    clearTimeout(this.#timer);
    this.#at = at;
    // Does not keep a process alive: the connection that answers would come over does.
    this.#timer = setTimeout(() => this.#goOff(), at - performance.now()).unref();
  }

  #goOff(): void {
    this.#at = Number.POSITIVE_INFINITY;
    this.setFor(this.#ring(performance.now()));
  }
}
