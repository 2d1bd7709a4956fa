import type { Fleet } from './fleet.ts';
import type { Need } from './need.ts';
import type { Found } from './place.ts';
import type { FindOptions } from './wishes.ts';

export interface GangAsk {
  readonly need: Need;
  readonly nodes: number;
  readonly options: FindOptions;
}

interface Finder {
  find(need: Need, options: FindOptions): Found | null;
}

/** All members or none, one after the other; what was taken on the way is given back. */
export const findGang = (fleet: Fleet, finder: Finder, { need, nodes, options }: GangAsk): readonly Found[] | null => {
  const found: Found[] = [];
  while (found.length < nodes) {
    const next = finder.find(need, options);
    if (!next) break;
    fleet.take(next.place, need, next.gpus, next.slice);
    found.push(next);
  }
  for (const { place, gpus, slice } of found) fleet.release(place, need, gpus, slice);
  return found.length === nodes ? found : null;
};
