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
    const mayServe = ({ fit }: Option): boolean =>
      fit.need.near !== undefined || fit.need.apart !== undefined || this.core.serving.mayBeOn(machines, fit);
    return !options.some(mayServe) && !this.core.outlook.isDue(reservation, this.now);
  }
}
