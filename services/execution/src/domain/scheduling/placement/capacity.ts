import { bitsOf, profileOf, slotOf } from './mig.ts';
import { wholeGpu } from './need.ts';
import type { FleetNeed, Place } from './place.ts';

interface Room {
  readonly cpuMilli: number;
  readonly memoryMib: number;
  /** Thousandths of a GPU, by its index. */
  readonly gpuMilli: (index: number) => number;
  /** Bits of a GPU's memory slices. */
  readonly slices: (index: number) => number;
}

const times = (there: number, each: number): number => (each === 0 ? Number.POSITIVE_INFINITY : Math.floor(there / each));

const instancesIn = (family: string, mig: string, taken: number): number => {
  const profile = profileOf(family, mig);
  let [count, bits] = [0, taken];
  for (let slot = slotOf(family, mig, bits); profile && slot; slot = slotOf(family, mig, bits)) {
    bits |= bitsOf(profile, slot.start);
    count += 1;
  }
  return count;
};

/** On all GPUs of it together. */
const byGpus = (place: Place, need: FleetNeed, room: Room): number => {
  let wholes = 0;
  let parts = 0;
  for (const [index, kind] of place.kinds.entries()) {
    if (need.allows[kind] !== 1) continue;
    if (need.mig !== null) parts += instancesIn(place.mig?.[index] ?? '', need.mig, room.slices(index));
    else if (need.isShare) parts += times(room.gpuMilli(index), need.gpuMilli);
    else wholes += Number(room.gpuMilli(index) >= wholeGpu);
  }
  return need.isShare || need.mig !== null ? parts : times(wholes, need.gpus);
};

const membersIn = (place: Place, need: FleetNeed, room: Room): number => {
  if (need.suits !== null && !need.suits(place)) return 0;
  const most = Math.min(times(room.cpuMilli, need.cpuMilli), times(room.memoryMib, need.memoryMib));
  return need.gpus === 0 || most <= 0 ? Math.max(0, most) : Math.min(most, byGpus(place, need, room));
};

const everySlice = 0xff;

/** How many members with this need have room on a machine now. */
export const membersOn = (place: Place, need: FleetNeed): number => {
  if (!place.isOpen) return 0;
  const slices = (index: number): number => (place.closed?.has(index) ? everySlice : (place.slices?.[index] ?? 0));
  return membersIn(place, need, { ...place.free, gpuMilli: (index) => place.free.gpus[index] ?? 0, slices });
};

/** How many would have room if nothing were on it and all of it were in order. */
export const membersOnEmpty = (place: Place, need: FleetNeed): number =>
  membersIn(place, need, { cpuMilli: place.cpuMilli, memoryMib: place.memoryMib, gpuMilli: () => wholeGpu, slices: () => 0 });

/** How many would have room if nothing were on it, on those of its GPUs that are in order now. */
export const membersOnIdle = (place: Place, need: FleetNeed): number => {
  const isWhole = (index: number): boolean => !place.closed?.has(index) && !place.mig?.[index];
  return membersIn(place, need, {
    cpuMilli: place.cpuMilli,
    memoryMib: place.memoryMib,
    gpuMilli: (index) => (isWhole(index) ? wholeGpu : 0),
    slices: (index) => (place.closed?.has(index) ? everySlice : 0),
  });
};
