import { choose } from '../routing/choose.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import type { UpstreamState, Upstreams } from './upstreams.ts';

/** A place at a target, which was entered. It is given back once, however often it is left. */
export class Place {
  readonly target: RouteTarget;
  readonly state: UpstreamState;
  #isLeft = false;

  constructor(target: RouteTarget, state: UpstreamState) {
    this.target = target;
    this.state = state;
  }

  leave(): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.state.places.leave();
  }
}

/** Why there is none: all queues are full, nobody is let through to a target that fails, or it was waited for too long. */
export type NoPlace = 'full' | 'resting' | 'too-late' | 'cancelled';

export interface PlaceWish {
  readonly targets: readonly RouteTarget[];
  readonly tried: ReadonlySet<string>;
  readonly stickyKey: string | undefined;
  readonly now: number;
  readonly random: number;
  /** How long anybody waits in a queue. */
  readonly queueMs: number;
  /** Given the way to give up waiting. */
  readonly onWaiting: (giveUp: () => void) => void;
}

const waitFor = (target: RouteTarget, state: UpstreamState, { queueMs, onWaiting }: PlaceWish): Promise<Place | NoPlace> =>
  new Promise((resolve) => {
    const { places } = state;
    const giveUp = (why: NoPlace): void => {
      clearTimeout(timer);
      // Where it has a place already, that is told in a moment, and given back by whoever cancelled.
      if (places.forget(waiter)) resolve(why);
    };
    const waiter = (): void => {
      clearTimeout(timer);
      resolve(new Place(target, state));
    };
    const timer = setTimeout(() => giveUp('too-late'), queueMs);
    const entered = places.enter(waiter);
    if (entered === 'waiting') {
      onWaiting(() => giveUp('cancelled'));
      return;
    }
    clearTimeout(timer);
    resolve(entered === 'full' ? 'full' : new Place(target, state));
  });

const nobody = (): void => undefined;

/** Where there is nothing to choose. */
const placeAt = (target: RouteTarget, upstreams: Upstreams, now: number): Place | undefined => {
  const state = upstreams.of(target.upstream, now);
  const hasRoom = state.isOpen(target.id, now) && state.places.taken < target.concurrency && state.places.hasRoom;
  return hasRoom && state.places.enter(nobody) === 'at-once' ? new Place(target, state) : undefined;
};

/** The target that is chosen, with a place there; where all are busy a turn in the shortest queue. */
export const findPlace = (upstreams: Upstreams, wish: PlaceWish): Promise<Place | NoPlace> | Place | NoPlace => {
  const { targets, tried, stickyKey, now, random } = wish;
  const only = targets.length === 1 ? targets[0] : undefined;
  const place = only && placeAt(only, upstreams, now);
  if (place) return place;
  const standings = targets.map((target) => upstreams.standing(target, now));
  const chosen = choose(standings, { stickyKey, tried, random })?.target;
  const target = targets.find((each) => each === chosen);
  if (target) {
    const state = upstreams.of(target.upstream, now);
    if (state.places.hasRoom && state.places.enter(nobody) === 'at-once') return new Place(target, state);
  }
  const open = standings.filter(({ isOpen }) => isOpen).map(({ target: { id } }) => id);
  const shortest = targets
    .filter(({ id }) => open.includes(id))
    .map((each) => ({ each, state: upstreams.of(each.upstream, now) }))
    .sort((one, other) => one.state.places.waiting / one.each.concurrency - other.state.places.waiting / other.each.concurrency)[0];
  return shortest === undefined ? 'resting' : waitFor(shortest.each, shortest.state, wish);
};
