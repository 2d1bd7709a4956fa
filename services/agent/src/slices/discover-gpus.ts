import { join } from 'node:path';
import type { Log } from '@orrery/telemetry';
import { findGpus } from '../discovery/gpus.ts';
import type { NvidiaSmi } from '../discovery/nvidia-smi.ts';
import { now } from '../runtime/proc.ts';
import { GpuAccess } from './gpu-access.ts';
import { findSliceable, type SliceableGpu } from './sliceable.ts';
import { Slices } from './slices.ts';

/** The GPUs of this machine, and how programs get at them. */
export const discoverGpus = async (
  smi: NvidiaSmi,
  stateDirectory: string,
  log: Log,
): Promise<{ readonly gpus: readonly SliceableGpu[]; readonly access: GpuAccess }> => {
  const slices = new Slices({ smi, directory: join(stateDirectory, 'slices'), bootId: now().bootId });
  const { gpus, warnings } = await findSliceable(await findGpus(smi), smi, slices);
  for (const warning of warnings) log.warn(warning);
  return { gpus, access: new GpuAccess(gpus, slices) };
};
