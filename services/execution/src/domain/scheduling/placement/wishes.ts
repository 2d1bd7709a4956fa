import type { Fleet } from './fleet.ts';
import { domainOf } from './groups.ts';
import type { GroupWish, Need } from './need.ts';
import type { Place } from './place.ts';

export interface FindOptions {
  /** Not there, whatever room it has. */
  readonly except?: (place: Place) => boolean;
  /** Not on those GPUs, which are the ones that it would get there. */
  readonly refuses?: (place: Place, gpus: readonly number[]) => boolean;
}

type Accepts = (place: Place) => boolean;

const isInto = (fleet: Fleet, wish: GroupWish): Accepts => {
  const domains = fleet.groups.domainsOf(wish);
  return (place) => domains?.has(domainOf(place, wish.scope)) ?? false;
};

const isApart = (fleet: Fleet, wish: GroupWish): Accepts | null => {
  if (fleet.groups.domainsOf(wish) === null) return null;
  const isThere = isInto(fleet, wish);
  return (place) => !isThere(place);
};

const isNear = (fleet: Fleet, wish: GroupWish, group: string | undefined): Accepts | null =>
  wish.group === group && fleet.groups.domainsOf(wish) === null ? null : isInto(fleet, wish);

/** What keeps a need from a place besides room, and changes from one request to the next; null: nothing does. */
export const acceptsOf = (fleet: Fleet, { machine, near, apart, group }: Need, { except }: FindOptions): Accepts | null => {
  if (machine === undefined && !near && !apart && !except) return null;
  const tests: Accepts[] = [];
  if (machine !== undefined) tests.push(({ id }) => id === machine);
  const others = [
    near ? isNear(fleet, near, group) : null,
    apart ? isApart(fleet, apart) : null,
    except ? (place: Place) => !except(place) : null,
  ];
  for (const test of others) if (test) tests.push(test);
  return tests.length === 0 ? null : (place) => tests.every((test) => test(place));
};
