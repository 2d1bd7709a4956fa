/** Whoever waits no longer than until then. */
export interface Waiting {
  /** In milliseconds of the clock of the deadlines; infinite while nothing is waited for. */
  readonly dueAt: number;
  overdue(): void;
}

/** So much later than it is due anybody is told. */
const everyMs = 50;

/**
 * Tells whoever waits too long, of hundreds that begin and end between two looks: a timer for each of them, set anew with every byte, costs each request
 * what one look costs all of them together. Nobody is told early.
 */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  #looking: NodeJS.Timeout | undefined;

  now(): number {
    return performance.now();
  }

  add(waiting: Waiting): void {
    this.#waiting.add(waiting);
    this.#looking ??= setTimeout(() => this.#look(), everyMs);
  }

  delete(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  #look(): void {
    const now = this.now();
    for (const waiting of this.#waiting) if (waiting.dueAt <= now) waiting.overdue();
    if (this.#waiting.size > 0) this.#looking?.refresh();
    else this.#looking = undefined;
  }
}
