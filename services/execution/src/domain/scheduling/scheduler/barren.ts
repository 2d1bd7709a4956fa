import type { Core } from './core.ts';
import type { Berth } from './entry.ts';
import { levels } from './level.ts';
import type { News } from './news.ts';
import type { Trial } from './trial.ts';

/** More machines than this are not looked at for all who ask for the same before they ask. */
const fewMachines = 64;

/**
 * Of which berths it is plain that there is nothing for them, before anybody of them is looked at: where something has become better for
 * them there is no room any more, nor anybody who might make way. When one job has ended a hundred berths hear of it, and one gets its room.
 */
export class Barren {
  private readonly known = new Set<Berth>();
  /** How much was proposed when this one was last looked at. */
  private readonly looked = new Map<Berth, number>();
  private readonly core: Core;
  private readonly trial: Trial;
  private readonly news: News;

  constructor(core: Core, trial: Trial, news: News) {
    this.core = core;
    this.trial = trial;
    this.news = news;
  }

  /** Within a round room only shrinks. */
  has(berth: Berth): boolean {
    if (this.known.has(berth)) return true;
    const at = this.trial.mark();
    if (this.looked.get(berth) === at) return false;
    this.looked.set(berth, at);
    const machines = this.news.ofBerth(berth, fewMachines);
    if (machines === null || [...machines].some((machine) => this.mayBeOn(machine, berth))) return false;
    this.known.add(berth);
    return true;
  }

  private mayBeOn(machine: string, { fit, level }: Berth): boolean {
    const { fleet } = this.core.cluster;
    const place = fleet.get(machine);
    if (!place || (fit.need.machine ?? machine) !== machine) return false;
    if (fleet.room.mayServe(place.index, this.core.needs.of(fit.need))) return true;
    return level !== levels.preemptible && this.core.ransoms.leastOn(place, { choice: 0, fit, level }, null) < Number.POSITIVE_INFINITY;
  }
}
