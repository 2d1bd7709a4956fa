import type { Line, Reservation } from './entry.ts';
import type { Improved } from './improved.ts';

/** Since when there has been nothing for those who are looked at in every round, or for what is like them in their lines. */
export class Sought {
  private readonly positions = new WeakMap<Line | Reservation, number>();

  constructor(private readonly improved: Improved) {}

  set(who: Line | Reservation, position: number): void {
    this.positions.set(who, position);
  }

  forget(who: Line | Reservation): void {
    this.positions.delete(who);
  }

  /** Machines where there may be something for it by now; null: nobody knows. */
  since(who: Line | Reservation): ReadonlySet<string> | null {
    const position = this.positions.get(who);
    return position === undefined ? null : this.improved.since(position);
  }
}
