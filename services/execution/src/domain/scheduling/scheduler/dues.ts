import type { Core } from './core.ts';
import type { Reservation } from './entry.ts';

/** Reservations whose machines may be free, found out again when something has changed that they depend on. */
export class Dues {
  private stamp = '';
  private found: readonly Reservation[] = [];

  constructor(private readonly core: Core) {}

  /** As they were found when there was most room. */
  at(now: number): readonly Reservation[] {
    const { cluster, reservations, outlook } = this.core;
    let come = 0;
    for (const { at } of reservations) if (at <= now) come += 1;
    const stamp = `${cluster.growth}/${cluster.edition}/${reservations.edition}/${come}`;
    if (stamp !== this.stamp) this.found = [...reservations].filter((reservation) => outlook.isDue(reservation, now));
    this.stamp = stamp;
    return this.found;
  }
}
