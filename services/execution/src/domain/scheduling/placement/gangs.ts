import { membersOn } from './capacity.ts';
import type { Fleet } from './fleet.ts';
import { domainOf } from './groups.ts';
import { type GroupWish, isOwn, mostOnOne, type Need } from './need.ts';
import type { FleetNeed, Found, Place } from './place.ts';
import type { FindOptions } from './wishes.ts';

export interface GangAsk {
  readonly need: Need;
  readonly nodes: number;
  readonly options: FindOptions;
}

/** What a gang asks of its placer. */
export interface Finder {
  find(need: Need, options: FindOptions): Found | null;
  /** Calls with each place that has room for one member and may be taken. */
  eachWithRoom(need: Need, options: FindOptions, visit: (place: Place, need: FleetNeed, price: number) => void): void;
}

/** A rack, or a machine that is its own. */
interface Domain {
  readonly name: string;
  /** Members. */
  room: number;
  price: number;
}

/** One after the other; what was taken on the way is given back. */
const inTurn = (fleet: Fleet, finder: Finder, { need, nodes, options }: GangAsk): readonly Found[] | null => {
  const found: Found[] = [];
  const used = new Set<Place>();
  const isAlone = mostOnOne(need, nodes) === 1;
  const others: FindOptions = isAlone ? { ...options, except: (place) => used.has(place) || (options.except?.(place) ?? false) } : options;
  while (found.length < nodes) {
    const next = finder.find(need, found.length === 0 ? options : others);
    if (!next) break;
    fleet.take(next.place, need, next.gpus, next.slice);
    found.push(next);
    used.add(next.place);
  }
  for (const { place, gpus, slice } of found) fleet.release(place, need, gpus, slice);
  return found.length === nodes ? found : null;
};

/** The emptiest last; of as empty ones the cheapest first. */
const domainsOf = (finder: Finder, { need, nodes, options }: GangAsk, scope: GroupWish['scope']): readonly Domain[] => {
  const domains = new Map<string, Domain>();
  const most = mostOnOne(need, nodes);
  finder.eachWithRoom(need, options, (place, fleetNeed, price) => {
    const name = domainOf(place, scope);
    const domain = domains.get(name) ?? { name, room: 0, price };
    domains.set(name, domain);
    domain.room += Math.min(most, membersOn(place, fleetNeed));
    domain.price = Math.min(domain.price, price);
  });
  const isBefore = (a: Domain, b: Domain): number => a.room - b.room || a.price - b.price || (a.name < b.name ? -1 : 1);
  return [...domains.values()].sort(isBefore);
};

/** As few as will do, and of the last one no more room than is needed. */
const fewest = (domains: readonly Domain[], nodes: number): readonly Domain[] => {
  const left = [...domains];
  const chosen: Domain[] = [];
  let missing = nodes;
  while (missing > 0 && left.length > 0) {
    const enough = left.findIndex(({ room }) => room >= missing);
    const [domain] = left.splice(enough === -1 ? left.length - 1 : enough, 1);
    if (!domain) break;
    chosen.push(domain);
    missing -= domain.room;
  }
  return missing > 0 ? [] : chosen;
};

const within = (ask: GangAsk, chosen: readonly Domain[], scope: GroupWish['scope']): GangAsk => {
  const names = new Set(chosen.map(({ name }) => name));
  const { except } = ask.options;
  return { ...ask, options: { ...ask.options, except: (place) => !names.has(domainOf(place, scope)) || (except?.(place) ?? false) } };
};

/**
 * Room for all members or for none: in one rack before two, in the fullest that has room for them all, else in as few as will do.
 * All members have one need, so that what one machine can take does not depend on what the others take.
 */
export const findGang = (fleet: Fleet, finder: Finder, ask: GangAsk): readonly Found[] | null => {
  const { need, nodes } = ask;
  const [isTogether, isSpread] = [isOwn(need.near, need), isOwn(need.apart, need) && need.apart.scope === 'rack'];
  if (isSpread || !(isTogether || fleet.hasRacks)) return inTurn(fleet, finder, ask);
  const scope = isTogether ? (need.near?.scope ?? 'rack') : 'rack';
  const chosen = fewest(domainsOf(finder, ask, scope), nodes);
  if (chosen.length === 0 || (isTogether && chosen.length > 1)) return null;
  // Where GPUs are refused there may be less room than was counted.
  return inTurn(fleet, finder, within(ask, chosen, scope)) ?? (isTogether ? null : inTurn(fleet, finder, ask));
};
