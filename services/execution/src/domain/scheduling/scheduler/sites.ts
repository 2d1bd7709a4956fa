import type { Place } from '../placement/place.ts';
import type { Taker } from './claims.ts';
import type { Core } from './core.ts';
import type { News } from './news.ts';

/** A machine where others might make way, and what room costs there at least. */
interface Site {
  readonly place: Place;
  readonly bound: number;
}

/** So many are looked at one by one; of more, the order of what room costs there leaves out most. */
const fewMachines = 24;

/** Where others might make way for somebody: no site costs less than its bound, and from the first with a bound above 0 on the bounds rise. */
export function* sitesFor({ entry, option }: Taker, core: Core, news: News): Generator<Site> {
  const { fleet } = core.cluster;
  const { machine } = option.fit.need;
  // What it keeps for itself is in nobody's way but others'.
  const own = new Set(entry.reservation?.seats.map((seat) => seat.machine));
  const within = machine === undefined ? news.for(entry, option) : null;
  const few = within !== null && within.size <= fewMachines ? within : [];
  for (const id of machine === undefined ? new Set([...own, ...few]) : [machine]) {
    const place = fleet.get(id);
    if (place) yield { place, bound: 0 };
  }
  if (machine !== undefined || few === within) return;
  for (const site of core.ransoms.inOrder(option)) {
    const { id } = site.place;
    if (!own.has(id) && (within?.has(id) ?? true)) yield site;
  }
}
