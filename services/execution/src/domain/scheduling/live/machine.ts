import { epochOf, type execution, parseNanos } from '@orrery/contracts';
import type { Away } from '../explain/sight.ts';
import type { MachineSize } from '../placement/place.ts';

/** The one runtime that there is so far. */
const runtime = 'process';

/** A machine as its agent and the operator tell of it. */
export interface LiveMachine {
  readonly facts: execution.WorkerFacts;
  readonly traits: execution.WorkerTraits;
  readonly isLost: boolean;
  readonly isCordoned: boolean;
  /** By when the last of its work is moved; null where it is not drained, infinite where all may run out. */
  readonly drainedAt: number | null;
}

export type MachineEvent = Exclude<
  Extract<execution.ExecutionEvent, { type: `Worker${string}` }>,
  { type: 'WorkerJoined' | 'WorkerRemoved' }
>;

export const evolveMachine = (machine: LiveMachine, event: MachineEvent): LiveMachine => {
  switch (event.type) {
    case 'WorkerRejoined':
    case 'WorkerFactsChanged':
      return { ...machine, facts: event.data.facts };
    case 'WorkerLabelled':
      return { ...machine, traits: event.data };
    case 'WorkerLost':
      return { ...machine, isLost: true };
    case 'WorkerReturned':
      return { ...machine, isLost: false };
    case 'WorkerCordoned':
      return { ...machine, isCordoned: true };
    case 'WorkerDrainRequested': {
      const { endsAt } = event.data;
      return { ...machine, isCordoned: true, drainedAt: endsAt === null ? Number.POSITIVE_INFINITY : epochOf(endsAt) };
    }
    case 'WorkerUncordoned':
      return { ...machine, isCordoned: false, drainedAt: null };
  }
};

export const canRun = ({ runtimes }: Pick<execution.WorkerFacts, 'runtimes'>): boolean => runtimes.includes(runtime);

/** Why nothing new is placed on one that is not open. */
export const awayOf = ({ isLost, isCordoned }: LiveMachine): Away => {
  if (isLost) return 'lost';
  return isCordoned ? 'cordoned' : 'unfit';
};

export const isOpen = ({ isLost, isCordoned, facts }: LiveMachine): boolean => !isLost && !isCordoned && canRun(facts);

/** Of a GPU that the machine does not tell of, though it tells of one with a higher index. */
const missingModel = 'missing';

type Gpu = execution.WorkerFacts['gpus'][number];

/** Of GPUs in MIG mode whose agent makes no slices: a family without profiles, good for slices as little as for whole GPUs. */
const unslicedFamily = 'unsliced';

const byIndex = (gpus: readonly Gpu[]): readonly (Gpu | undefined)[] => {
  const length = gpus.reduce((most, { index }) => Math.max(most, index + 1), 0);
  const known = new Map(gpus.map((gpu) => [gpu.index, gpu]));
  return Array.from({ length }, (_, index) => known.get(index));
};

/** GPUs that nothing may be put on: broken ones, and gaps between the indexes. */
export const closedGpus = ({ facts }: LiveMachine): readonly number[] =>
  byIndex(facts.gpus).flatMap((gpu, index) => (gpu === undefined || gpu.fault !== undefined ? [index] : []));

const wholeNanos = 1e9;

/** Indexes of GPUs are those that the machine knows them by. */
export const sizeOf = (id: string, { facts, traits }: LiveMachine): MachineSize => {
  const gpus = byIndex(facts.gpus);
  const { labels, pool, rack, nanosPerHour } = traits;
  const familyOf = (gpu: Gpu | undefined) => (gpu?.mig === undefined || facts.slicesGpus === true ? (gpu?.mig ?? null) : unslicedFamily);
  return {
    id,
    cpuMilli: facts.cpuMilli,
    memoryMib: facts.memoryMib,
    gpuModels: gpus.map((gpu) => gpu?.model.toLowerCase() ?? missingModel),
    gpuMemoryMib: gpus.map((gpu) => gpu?.memoryMib ?? 0),
    ...(gpus.some((gpu) => gpu?.island !== undefined) ? { islands: gpus.map((gpu) => gpu?.island ?? -1) } : {}),
    ...(gpus.some((gpu) => gpu?.mig !== undefined) ? { mig: gpus.map(familyOf) } : {}),
    ...(facts.weights === undefined ? {} : { weights: facts.weights }),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(pool === null ? {} : { pool }),
    ...(rack === null ? {} : { rack }),
    ...(nanosPerHour === null ? {} : { pricePerHour: Number(parseNanos(nanosPerHour)) / wholeNanos }),
  };
};
