import type { Core } from './core.ts';
import type { Entry, Reservation } from './entry.ts';

/** Who cannot use what it keeps for itself, for its moment has come and its quota has not: it keeps nobody from it. */
export class Idlers {
  /** Moments that have passed without their machines becoming free: others may have to make way after all. */
  private readonly missed = new WeakSet<Reservation>();

  constructor(private readonly core: Core) {}

  /** True where there are others than when this was last asked. */
  judge(now: number): boolean {
    const { reservations, admission, queues } = this.core;
    const idle = new Set<Entry>();
    for (const reservation of reservations) {
      const { at, entry } = reservation;
      if (at < now && !this.missed.has(reservation)) {
        this.missed.add(reservation);
        if (entry.line) queues.wake(entry.line);
      }
      if (at <= now && (!admission.hasOption(entry, entry.line?.kind.isSolid ?? false) || this.isPromised(entry))) idle.add(entry);
    }
    const before = reservations.idle;
    reservations.idle = idle;
    return [...idle].some((entry) => !before.has(entry));
  }

  private isPromised(entry: Entry): boolean {
    const { refuses } = this.core.refusals(entry);
    if (!refuses) return false;
    return (entry.reservation?.seats ?? []).some(({ machine, gpus }) => {
      const place = this.core.cluster.fleet.get(machine);
      return place !== undefined && refuses(place, gpus);
    });
  }
}
