import type { Core } from './core.ts';
import { type Entry, endOf } from './entry.ts';

interface Known<T> {
  readonly edition: number;
  readonly conflicts: number;
  readonly what: T;
}

/**
 * What was looked for in vain by requests that differ in nothing but their limits. The longer the limit, the more reservations are in
 * the way, and those in the way of the shorter are among them: what the shorter did not find, the longer need not look for. Good while
 * room only shrinks.
 */
export class InVain<T> {
  private readonly known = new Map<string, Known<T>>();

  constructor(
    private readonly core: Core,
    /** When those who ask would begin. */
    private readonly begins: number,
  ) {}

  get(key: string, entry: Entry): T | undefined {
    const one = this.known.get(key);
    if (one === undefined || one.edition !== this.core.reservations.edition || entry.reservation !== null) return undefined;
    return one.conflicts <= this.conflictsOf(entry) ? one.what : undefined;
  }

  set(key: string, entry: Entry, what: T): void {
    // What it keeps for itself is in its way alone.
    if (entry.reservation !== null) return;
    this.known.set(key, { edition: this.core.reservations.edition, conflicts: this.conflictsOf(entry), what });
  }

  private conflictsOf({ shape }: Entry): number {
    const { reservations, settings } = this.core;
    return reservations.size === 0 ? 0 : reservations.countBefore(endOf(this.begins, shape.limitMs, settings.graceMs));
  }
}
