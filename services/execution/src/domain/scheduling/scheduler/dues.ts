import type { Core } from './core.ts';
import type { Reservation } from './entry.ts';

/** Reservations whose machines are free. Where nobody has left them something has to change first; the others may have to wait for time alone. */
export class Dues {
  private stamp = '';
  private possible: readonly Reservation[] = [];

  constructor(private readonly core: Core) {}

  at(now: number): readonly Reservation[] {
    const { cluster, reservations, outlook } = this.core;
    const stamp = `${cluster.growth}/${cluster.edition}/${reservations.edition}`;
    if (stamp !== this.stamp) this.possible = [...reservations].filter((reservation) => outlook.isVacant(reservation));
    this.stamp = stamp;
    return this.possible.filter((reservation) => outlook.isDue(reservation, now));
  }

  /** When those who can no longer begin in time for others stop being in their way, by time alone. */
  nextAt(now: number): number | null {
    const { reservations } = this.core;
    let next: number | null = null;
    for (const { at, seats } of reservations) {
      if (at <= now) continue;
      for (const other of new Set(seats.flatMap(({ machine }) => reservations.on(machine)))) {
        const moment = Math.max(other.at, at - other.entry.request.limitMs) + 1;
        if (other.at <= now && moment > now && (next === null || moment < next)) next = moment;
      }
    }
    return next;
  }
}
