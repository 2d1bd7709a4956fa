import { gpusFor } from '../placement/choice.ts';
import { canServe, type Fleet, shiftSeat } from '../placement/fleet.ts';
import { slotOf } from '../placement/mig.ts';
import type { Need } from '../placement/need.ts';
import type { FleetNeed, Place } from '../placement/place.ts';
import type { Seat } from '../request.ts';

/** What somebody holds, or will. */
export interface Held {
  readonly need: Need;
  readonly seat: Seat;
}

/** A machine as it could be: it may be changed without a word to its fleet. */
export const forkOf = (place: Place): Place => ({
  ...place,
  free: { ...place.free, gpus: place.free.gpus.slice() },
  slices: place.slices?.slice() ?? null,
  closed: place.closed && new Map(place.closed),
});

export const shiftOn = (sign: 1 | -1, fork: Place, { need, seat }: Held): void => shiftSeat(sign, fork, need, seat);

/** What others keep for themselves there is not free for anybody else. */
export const withhold = (fork: Place, kept: readonly { readonly need: Need; readonly seats: readonly Seat[] }[]): void => {
  for (const { need, seats } of kept) for (const seat of seats) if (seat.machine === fork.id) shiftOn(-1, fork, { need, seat });
};

/** Keeps of the fork only what another one has, too. */
export const intersect = (fork: Place, other: Place): void => {
  fork.free.cpuMilli = Math.min(fork.free.cpuMilli, other.free.cpuMilli);
  fork.free.memoryMib = Math.min(fork.free.memoryMib, other.free.memoryMib);
  for (const [index, milli] of other.free.gpus.entries()) fork.free.gpus[index] = Math.min(fork.free.gpus[index] ?? 0, milli);
  for (const [index, bits] of other.slices?.entries() ?? []) if (fork.slices) fork.slices[index] = (fork.slices[index] ?? 0) | bits;
};

const sliceOn = (place: Place, need: FleetNeed): Seat | null => {
  let best: { readonly gpu: number; readonly start: number; readonly loss: number } | null = null;
  for (let gpu = 0; gpu < place.kinds.length; gpu += 1) {
    const family = place.mig?.[gpu];
    if (!family || need.mig === null || need.allows[place.kinds[gpu] ?? 0] !== 1 || place.closed?.has(gpu)) continue;
    const slot = slotOf(family, need.mig, place.slices?.[gpu] ?? 0);
    if (slot && (best === null || slot.loss < best.loss)) best = { gpu, ...slot };
  }
  return best && { machine: place.id, gpus: [best.gpu], slice: best.start };
};

/** The GPU with the least left that will do. */
const shareOn = (place: Place, need: FleetNeed): Seat | null => {
  let best: number | null = null;
  for (let gpu = 0; gpu < place.kinds.length; gpu += 1) {
    const milli = place.free.gpus[gpu] ?? 0;
    if (need.allows[place.kinds[gpu] ?? 0] !== 1 || milli < need.gpuMilli) continue;
    if (best === null || milli < (place.free.gpus[best] ?? 0)) best = gpu;
  }
  return best === null ? null : { machine: place.id, gpus: [best] };
};

/** Where on this machine it would fit; null: nowhere. */
export const seatOn = (place: Place, need: FleetNeed): Seat | null => {
  if (!place.isOpen || place.free.cpuMilli < need.cpuMilli || place.free.memoryMib < need.memoryMib) return null;
  if (need.suits !== null && !need.suits(place)) return null;
  if (need.mig !== null) return sliceOn(place, need);
  if (need.isShare) return shareOn(place, need);
  let serving = 0;
  for (let gpu = 0; gpu < place.kinds.length && serving < need.gpus; gpu += 1) if (canServe(place, need, gpu)) serving += 1;
  return serving < need.gpus ? null : { machine: place.id, gpus: gpusFor(place, need, 0) };
};

/** These very GPUs are free for it now. */
export const isFreeFor = (place: Place, held: Held): boolean => {
  const { need, seat } = held;
  const { free } = place;
  if (!place.isOpen || seat.gpus.some((gpu) => gpu >= place.kinds.length || place.closed?.has(gpu))) return false;
  if (need.mig === undefined) {
    const hasGpus = seat.gpus.every((gpu) => (free.gpus[gpu] ?? 0) >= need.gpuMilli);
    return hasGpus && free.cpuMilli >= need.cpuMilli && free.memoryMib >= need.memoryMib;
  }
  const fork = forkOf(place);
  const before = fork.slices?.[seat.gpus[0] ?? 0] ?? 0;
  shiftOn(-1, fork, held);
  if (fork.free.cpuMilli < 0 || fork.free.memoryMib < 0) return false;
  shiftOn(1, fork, held);
  // Had one of its slices been taken, it would be free now.
  return fork.slices?.[seat.gpus[0] ?? 0] === before;
};

/** What a need is to a fleet, computed once for each need. */
export class FleetNeeds {
  private known = new WeakMap<Need, FleetNeed>();
  private kinds = -1;

  constructor(private readonly fleet: Fleet) {}

  of(need: Need): FleetNeed {
    if (this.kinds !== this.fleet.kindCount) {
      this.known = new WeakMap();
      this.kinds = this.fleet.kindCount;
    }
    let known = this.known.get(need);
    if (!known) {
      known = this.fleet.needOf(need);
      this.known.set(need, known);
    }
    return known;
  }
}
