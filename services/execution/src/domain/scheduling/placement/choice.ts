import { canServe } from './fleet.ts';
import type { FleetNeed, Place } from './place.ts';
import { islandsOf, pickByIslands } from './topology.ts';
import type { Tournament } from './tournament.ts';

const areMissing = (wanted: readonly string[] | undefined, there: readonly string[] | undefined): number =>
  wanted?.filter((each) => !there?.includes(each)).length ?? 0;

/** Those that could serve it. */
const serving = (place: Place, need: FleetNeed): number[] => {
  const found: number[] = [];
  for (let index = 0; index < place.kinds.length; index += 1) if (canServe(place, need, index)) found.push(index);
  return found;
};

/** The GPU that was priced, or one like it of a fuller island. */
const pickShare = (place: Place, need: FleetNeed, gpu: number): readonly number[] => {
  const isAlike = (index: number): boolean => place.free.gpus[index] === place.free.gpus[gpu] && place.kinds[index] === place.kinds[gpu];
  return pickByIslands(place, serving(place, need).filter(isAlike), 1);
};

/** Which GPUs of the place it gets; fewer than it asks for where there are no more. */
export const gpusFor = (place: Place, need: FleetNeed, gpu: number): readonly number[] => {
  if (need.gpus === 0) return [];
  if (need.mig !== null || (need.isShare && !place.islands)) return [gpu];
  if (need.isShare) return pickShare(place, need, gpu);
  const wholes = serving(place, need);
  if (place.islands) return pickByIslands(place, wholes, need.gpus);
  return wholes.slice(0, need.gpus);
};

/** What decides between places of nearly one price: islands that it would be spread over, what has to be fetched, dollars. */
const wishesAt = (place: Place, need: FleetNeed): readonly number[] => [
  need.gpus > 1 && place.islands ? islandsOf(place, gpusFor(place, need, 0)) : 1,
  areMissing(need.asked.weights, place.weights),
  areMissing(need.asked.images, place.images),
  place.pricePerHour ?? 0,
];

const difference = (one: readonly number[], other: readonly number[]): number => {
  for (const [at, value] of one.entries()) if (value !== other[at]) return value - (other[at] ?? 0);
  return 0;
};

export interface Choice {
  readonly tournament: Tournament;
  readonly places: readonly (Place | undefined)[];
  readonly accepts: (place: Place) => boolean;
}

/** The cheapest that is accepted, for where the winner of all is not. */
export const cheapestOf = ({ tournament, places, accepts }: Choice): Place | null => {
  const index = tournament.first((each) => {
    const place = places[each];
    return place !== undefined && accepts(place);
  });
  return index === null ? null : (places[index] ?? null);
};

/** Of those that are at most so much dearer than the cheapest, the one that wishes favour. */
export const favouriteOf = ({ tournament, places, accepts }: Choice, cheapest: Place, need: FleetNeed, nearly: number): Place => {
  const most = tournament.priceOf(cheapest.index) + nearly;
  let best = cheapest;
  let wishes = wishesAt(cheapest, need);
  for (const place of places) {
    if (!place || tournament.priceOf(place.index) > most || place === best || !accepts(place)) continue;
    const others = wishesAt(place, need);
    const by = difference(others, wishes) || tournament.priceOf(place.index) - tournament.priceOf(best.index);
    if (by > 0 || (by === 0 && best.id < place.id)) continue;
    best = place;
    wishes = others;
  }
  return best;
};
