import type { Place } from '../placement/place.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import { forkOf, seatOn, shiftOn } from './fork.ts';
import { type Level, levels } from './level.ts';
import type { Fit } from './shape.ts';

/**
 * What could be had at the most, on machines where something has changed for the better: everywhere else those who found nothing would
 * find nothing again.
 */
export class Prospects {
  /** By level: all who may have to make way for it, and all who make way, have gone. */
  private readonly forks: Readonly<Record<Level, readonly Place[]>>;

  constructor(
    private readonly core: Core,
    machines: Iterable<string>,
    isReady: (entry: Entry) => boolean,
  ) {
    const forks: Record<Level, Place[]> = { [levels.preemptible]: [], [levels.borrowed]: [], [levels.guaranteed]: [] };
    for (const machine of machines) {
      const place = core.cluster.fleet.get(machine);
      if (!place?.isOpen) continue;
      for (const level of Object.values(levels)) forks[level].push(this.without(place, (entry) => this.goes(entry, level, isReady)));
    }
    this.forks = forks;
  }

  /** Machines on which one member at least might have room. */
  for({ need: asked }: Fit, level: Level): readonly string[] {
    const need = this.core.needs.of(asked);
    const machines: string[] = [];
    for (const place of this.forks[level])
      if ((asked.machine ?? place.id) === place.id && seatOn(place, need) !== null) machines.push(place.id);
    return machines;
  }

  private goes(entry: Entry, level: Level, isReady: (entry: Entry) => boolean): boolean {
    const { leaving, preemptible, borrowing } = this.core.runners;
    if (leaving.has(entry)) return true;
    if (level === levels.preemptible) return false;
    return (preemptible.has(entry) || (level === levels.guaranteed && borrowing.has(entry))) && isReady(entry);
  }

  private without(place: Place, isGone: (entry: Entry) => boolean): Place {
    const fork = forkOf(place);
    for (const hold of this.core.cluster.on(place.id)) if (hold.place !== null && isGone(hold.entry)) shiftOn(1, fork, hold);
    return fork;
  }
}
