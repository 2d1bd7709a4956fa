import { type Gpu, gpusInMigMode } from '../discovery/gpus.ts';
import type { NvidiaSmi } from '../discovery/nvidia-smi.ts';
import { largestProfiles } from './listing.ts';
import type { Slices } from './slices.ts';

export interface SliceableGpu extends Gpu {
  /** What it can be cut into, where it is in MIG mode: `a100-80gb`. */
  readonly mig?: string | undefined;
}

/** Families without profiles: neither slices nor whole GPUs are placed on what is of one. */
const families = { unknown: 'unknown', occupied: 'occupied' } as const;

export interface Sliced {
  readonly gpus: readonly SliceableGpu[];
  readonly warnings: readonly string[];
}

export const canBeCut = ({ mig }: SliceableGpu): boolean => mig !== undefined && mig !== families.unknown && mig !== families.occupied;

const warningsOf = (gpus: readonly SliceableGpu[], why: string): readonly string[] => {
  const of = (family: string): string =>
    gpus
      .filter(({ mig }) => mig === family)
      .map(({ index }) => index)
      .join(', ');
  const [unknown, occupied] = [of(families.unknown), of(families.occupied)];
  return [
    ...(unknown === ''
      ? []
      : [`GPUs in MIG mode that this agent cannot cut, so that nothing is placed on them: ${unknown}. ${why}`.trim()]),
    ...(occupied === '' ? [] : [`GPUs with slices that this agent did not make, so that nothing is placed on them: ${occupied}.`]),
  ];
};

/** Indexes of GPUs of which somebody else made slices: what is free of them cannot be told from here. Or why that cannot be known. */
const occupiedOf = async (slices: Slices): Promise<ReadonlySet<number> | string> => {
  try {
    return new Set((await slices.others()).map(({ gpu }) => gpu));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

/** Which GPUs are in MIG mode, and what the driver cuts them into. */
export const findSliceable = async (gpus: readonly Gpu[], smi: NvidiaSmi, slices: Slices): Promise<Sliced> => {
  const inMigMode = gpus.length > 0 ? await gpusInMigMode(smi) : new Set<number>();
  if (inMigMode.size === 0) return { gpus, warnings: [] };
  const largest = largestProfiles((await smi(['mig', '-lgip'])).text);
  const occupied = await occupiedOf(slices);
  const familyOf = ({ index, model }: Gpu): string => {
    const memory = largest.get(index);
    if (typeof occupied === 'string' || memory === undefined) return families.unknown;
    return occupied.has(index) ? families.occupied : `${model}-${memory}`;
  };
  const found = gpus.map((gpu) => (inMigMode.has(gpu.index) ? { ...gpu, mig: familyOf(gpu) } : gpu));
  return { gpus: found, warnings: warningsOf(found, typeof occupied === 'string' ? occupied : '') };
};
