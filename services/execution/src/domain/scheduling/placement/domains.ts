import { domainOf } from './groups.ts';
import { type GroupWish, isOwn, mostOnOne, type Need } from './need.ts';
import type { Place } from './place.ts';

interface Members {
  readonly need: Need;
  readonly nodes: number;
}

/** What members of a gang wish about each other. */
const wishesOf = (need: Need): { readonly together: GroupWish['scope'] | null; readonly isSpread: boolean } => ({
  together: isOwn(need.near, need) ? need.near.scope : null,
  isSpread: isOwn(need.apart, need) && need.apart.scope === 'rack',
});

/**
 * Whether so many members have room, by how many each place has room for: each on a machine of its own, and as their wishes about
 * their own group say.
 */
export const haveRoom = (places: Iterable<Place | undefined>, { need, nodes }: Members, roomOn: (place: Place) => number): boolean => {
  const most = mostOnOne(need, nodes);
  const { together, isSpread } = wishesOf(need);
  const racks = isSpread ? new Set<string>() : null;
  const rooms = new Map<string, number>();
  for (const place of places) {
    if (!place || (need.machine ?? place.id) !== place.id || racks?.has(domainOf(place, 'rack'))) continue;
    const room = Math.min(most, roomOn(place));
    if (room <= 0) continue;
    racks?.add(domainOf(place, 'rack'));
    const domain = together === null ? '' : domainOf(place, together);
    const sum = room + (rooms.get(domain) ?? 0);
    if (sum >= nodes) return true;
    rooms.set(domain, sum);
  }
  return false;
};

const firstOfEach = <T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] => {
  const seen = new Set<string>();
  return all.filter((one) => !seen.has(nameOf(one)) && seen.add(nameOf(one)));
};

/** All that are where so many are soonest; none where so many are nowhere. */
const whereEnough = <T>(all: readonly T[], nodes: number, nameOf: (one: T) => string): readonly T[] => {
  const counts = new Map<string, number>();
  for (const one of all) {
    const name = nameOf(one);
    const count = 1 + (counts.get(name) ?? 0);
    if (count === nodes) return all.filter((other) => nameOf(other) === name);
    counts.set(name, count);
  }
  return [];
};

/** Of rooms for one member each, the best first: those that the members may have as they wish to be to each other. */
export const asWished = <T>(
  rooms: readonly T[],
  { need, nodes }: Members,
  placeOf: (room: T) => Pick<Place, 'id' | 'rack'> | undefined,
): readonly T[] => {
  const { together, isSpread } = wishesOf(need);
  const nameIn = (scope: GroupWish['scope']) => (room: T) => domainOf(placeOf(room) ?? { id: '' }, scope);
  const spread = isSpread ? firstOfEach(rooms, nameIn('rack')) : rooms;
  return together === null || nodes === 1 ? spread : whereEnough(spread, nodes, nameIn(together));
};
