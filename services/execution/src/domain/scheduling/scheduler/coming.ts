import type { Core } from './core.ts';
import type { Entry, Line } from './entry.ts';
import type { News } from './news.ts';
import type { Option } from './options.ts';

/** For whom room is being made: they wait for that, and as long as nothing else has become better nobody need look for it. */
export class Coming {
  constructor(
    private readonly core: Core,
    private readonly news: News,
    private readonly now: number,
  ) {}

  /** There is nothing for it now but the room that is being made. */
  isKnown(entry: Entry, line: Line): boolean {
    const { reservation } = entry;
    if (!reservation) return false;
    const machines = this.news.sinceKept(reservation);
    if (machines === null || !this.core.isComing(entry)) return false;
    const { options } = this.core.admission.optionsOf(entry, line.kind.isSolid);
    return options.every((option) => !this.mayServe(option, machines)) && !this.core.outlook.isDue(reservation, this.now);
  }

  private mayServe({ fit: { need: asked } }: Option, machines: Iterable<string>): boolean {
    if (asked.near || asked.apart) return true;
    const { fleet } = this.core.cluster;
    const need = this.core.needs.of(asked);
    for (const machine of machines) {
      const place = fleet.get(machine);
      if (place && fleet.room.mayServe(place.index, need)) return true;
    }
    return false;
  }
}
