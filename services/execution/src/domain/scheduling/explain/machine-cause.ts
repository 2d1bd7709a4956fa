import type { execution } from '@orrery/contracts';
import { canServe } from '../placement/fleet.ts';
import { slotOf } from '../placement/mig.ts';
import type { Need } from '../placement/need.ts';
import type { FleetNeed, Place } from '../placement/place.ts';
import { acceptsOf } from '../placement/wishes.ts';
import type { Sight } from './sight.ts';

/** A need with what is found out about it once for all machines. */
export interface Search {
  readonly need: Need;
  readonly fleetNeed: FleetNeed;
  /** Any memory will do. */
  readonly withoutMemory: FleetNeed;
  readonly isInGroup: (place: Place) => boolean;
}

export const searchFor = ({ fleet }: Sight, need: Need): Search => {
  const { minGpuMemoryMib: _, ...anyMemory } = need;
  const { machine: _machine, ...anywhere } = need;
  return {
    need,
    fleetNeed: fleet.needOf(need),
    withoutMemory: fleet.needOf(anyMemory),
    isInGroup: acceptsOf(fleet, anywhere, {}) ?? (() => true),
  };
};

const count = (place: Place, test: (index: number) => boolean): number => {
  let found = 0;
  for (let index = 0; index < place.kinds.length; index += 1) if (test(index)) found += 1;
  return found;
};

const isKind = (place: Place, { allows }: FleetNeed, index: number): boolean => allows[place.kinds[index] ?? 0] === 1;

const hasSlot = (place: Place, { mig }: Need, index: number): boolean => {
  const family = place.mig?.[index];
  if (!family || mig === undefined || place.closed?.has(index)) return false;
  return slotOf(family, mig, place.slices?.[index] ?? 0) !== null;
};

/** How many of its GPUs could serve the need now. */
export const freeGpusFor = (place: Place, { need, fleetNeed }: Search): number =>
  count(place, (index) =>
    need.mig === undefined ? canServe(place, fleetNeed, index) : isKind(place, fleetNeed, index) && hasSlot(place, need, index),
  );

/** It has the GPU, and cannot cut it as it is wanted. */
const hasSliceable = ({ gpuModels }: Place, { mig, models }: Need): boolean =>
  mig !== undefined && gpuModels.some((model) => models === null || models.includes(model.toLowerCase()));

/** What the machine is, whoever is on it, and whether or not it takes anything. */
const unfitness = (place: Place, { need, fleetNeed, withoutMemory }: Search): execution.MachineCause | null => {
  if (need.pool !== undefined && place.pool !== need.pool) return 'pool';
  if (fleetNeed.suits !== null && !fleetNeed.suits(place)) return 'labels';
  if (count(place, (index) => isKind(place, withoutMemory, index)) < need.gpus)
    return hasSliceable(place, need) ? 'no-slices' : 'gpu-model';
  if (count(place, (index) => isKind(place, fleetNeed, index)) < need.gpus) return 'gpu-memory';
  return place.cpuMilli < need.cpuMilli || place.memoryMib < need.memoryMib ? 'too-small' : null;
};

/** What keeps this machine from taking a member of the request: the first that is true. */
export const causeAt = (place: Place, search: Search, away: Sight['away']): execution.MachineCause => {
  const { need, fleetNeed, isInGroup } = search;
  if (need.machine !== undefined && place.id !== need.machine) return 'pinned-elsewhere';
  const unfit = unfitness(place, search);
  if (unfit) return unfit;
  if (!place.isOpen) return away.get(place.id) ?? 'cordoned';
  if (!isInGroup(place)) return 'group';
  const working = count(place, (index) => isKind(place, fleetNeed, index) && !place.closed?.has(index));
  if (working < need.gpus) return 'gpus-faulty';
  if (freeGpusFor(place, search) < need.gpus) return 'gpus-taken';
  if (place.free.cpuMilli < need.cpuMilli) return 'cpu-taken';
  return place.free.memoryMib < need.memoryMib ? 'memory-taken' : 'has-room';
};
