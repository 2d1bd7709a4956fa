import { gpuMilliOf } from '../placement/need.ts';
import type { Seat } from '../request.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { RequestSnapshot } from '../scheduler/snapshot.ts';
import { causeAt, searchFor } from './machine-cause.ts';
import type { Scene } from './scene.ts';

/** Work that could go elsewhere, and start again there. */
export interface Move {
  readonly request: string;
  readonly from: readonly Seat[];
  readonly to: readonly Seat[];
}

export interface Guest extends RequestSnapshot {
  readonly placed: NonNullable<RequestSnapshot['placed']>;
}

const isMovable = (known: RequestSnapshot): known is Guest =>
  known.placed !== null && known.request.isPreemptible && known.preemptingAt === null && known.placed.seats.length === 1;

/** What is lost when it starts again: what it has computed so far. */
const costOf = ({ request, placed }: Guest, now: number): number => {
  const need = request.ask.choices[placed.choice];
  return need ? (gpuMilliOf(need) + need.cpuMilli / 1_000) * Math.max(1, now - placed.at) : Number.POSITIVE_INFINITY;
};

/** Machines that are only too full for the request, with the work that could leave them, the cheapest to empty first. */
export const movableFor = (scene: Scene, { request }: RequestSnapshot): readonly (readonly Guest[])[] => {
  const guests = new Map<string, Guest[]>();
  for (const known of scene.parts.snapshot.requests) {
    const [seat] = isMovable(known) ? known.placed.seats : [];
    if (isMovable(known) && seat) guests.set(seat.machine, [...(guests.get(seat.machine) ?? []), known]);
  }
  const searches = request.ask.choices.map((need) => searchFor(scene, need));
  const isOnlyFull = (machine: string): boolean => {
    const place = scene.fleet.get(machine);
    return place !== undefined && searches.some((search) => /-taken$/.test(causeAt(place, search, scene.away)));
  };
  const sumOf = (on: readonly Guest[]): number => on.reduce((sum, guest) => sum + costOf(guest, scene.now), 0);
  return [...guests]
    .filter(([machine]) => isOnlyFull(machine))
    .map(([, on]) => on.sort((a, b) => costOf(a, scene.now) - costOf(b, scene.now) || (a.request.id < b.request.id ? -1 : 1)))
    .sort((a, b) => sumOf(a) - sumOf(b));
};

const roundLimit = 1_024;

const seatsGiven = (scheduler: Scheduler, now: number): ReadonlyMap<string, { readonly choice: number; readonly seats: readonly Seat[] }> =>
  new Map(
    scheduler.decide(now, roundLimit).flatMap((decision) => (decision.kind === 'place' ? [[decision.request, decision] as const] : [])),
  );

const isElsewhere = ({ from, to }: Move): boolean => from.some(({ machine }, member) => to[member]?.machine !== machine);

/**
 * Whether the request gets its machines when these leave, one after the other, and all of them find room elsewhere at once.
 * `scheduler`: a copy of its own, which is spoilt by it. Null: it does not help.
 */
export const movesThatAdmit = (scheduler: Scheduler, target: string, guests: readonly Guest[], now: number): readonly Move[] | null => {
  const left: Guest[] = [];
  for (const guest of guests) {
    // Looked at a moment later than the request that they make room for.
    scheduler.returned(guest.request.id, { at: now, notBefore: now + 1, failedOn: null, isPreempted: false });
    left.push(guest);
    const given = seatsGiven(scheduler, now).get(target);
    if (!given) continue;
    scheduler.placed(target, { choice: given.choice, seats: given.seats, at: now, isBorrowed: false });
    const later = seatsGiven(scheduler, now + 1);
    const moves = left.map(({ request, placed }) => ({ request: request.id, from: placed.seats, to: later.get(request.id)?.seats ?? [] }));
    return moves.every(({ to }) => to.length > 0) ? moves.filter(isElsewhere) : null;
  }
  return null;
};
