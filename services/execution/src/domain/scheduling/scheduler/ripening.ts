import type { Entry } from './entry.ts';
import { Heap } from './heap.ts';

interface Moment {
  readonly at: number;
  readonly entry: Entry;
}

const isSooner = (one: Moment, other: Moment): boolean => one.at < other.at;

/** When those who run will have run for long enough to make way for others. */
export class Ripening {
  private readonly moments = new Heap(isSooner);

  add(entry: Entry, at: number): void {
    this.moments.push({ at, entry });
  }

  /** Each once. */
  *until(now: number): Generator<Entry> {
    for (let ripe = this.moments.first(); ripe && ripe.at <= now; ripe = this.moments.first()) {
      this.moments.pop();
      yield ripe.entry;
    }
  }

  nextAt(): number | null {
    for (let ripe = this.moments.first(); ripe; ripe = this.moments.first()) {
      if (ripe.entry.running) return ripe.at;
      this.moments.pop();
    }
    return null;
  }
}
