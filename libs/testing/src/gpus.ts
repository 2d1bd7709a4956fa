import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchDirectory } from './scratch.ts';

export interface StandInSlice {
  readonly profile: string;
  readonly id: number;
  readonly start: number;
  readonly uuid: string;
  readonly hasCompute: boolean;
}

export interface StandInGpu {
  readonly uuid: string;
  readonly name: string;
  readonly memoryMib: number;
  /** It is in MIG mode. */
  readonly mig?: boolean;
  /** By index of the other GPU: `NV12`, `PIX`. */
  readonly links?: Readonly<Record<number, string>>;
  readonly slices?: readonly StandInSlice[];
}

export interface StandInState {
  readonly gpus: readonly StandInGpu[];
  /** So many times to come a slice is still in use when it is to be destroyed. */
  readonly busy?: number;
  /** No slice can be made. */
  readonly isFull?: boolean;
  /** Who asks may not look at slices. */
  readonly isForbidden?: boolean;
}

/** A stand-in for hardware: GPUs that are only described, with a program that speaks of them as `nvidia-smi` would. */
export interface StandInGpus {
  readonly program: string;
  readonly state: () => StandInState;
  /** Slices of all its GPUs. */
  readonly slices: () => readonly StandInSlice[];
  readonly set: (state: Partial<StandInState>) => void;
}

/** GPUs in MIG mode with 80 GB each. */
export const slicedA100 = (index: number): StandInGpu => ({
  uuid: `GPU-${index}`,
  name: 'NVIDIA A100-SXM4-80GB',
  memoryMib: 81_920,
  mig: true,
});

export const standInGpus = (gpus: readonly StandInGpu[]): StandInGpus => {
  const directory = scratchDirectory('gpus');
  mkdirSync(directory, { recursive: true });
  const [file, program] = [join(directory, 'state.json'), join(directory, 'nvidia-smi')];
  const main = join(process.cwd(), 'libs/testing/gpus/main.mjs');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${main}' '${file}' "$@"\n`, { mode: 0o755 });
  const state = (): StandInState => JSON.parse(readFileSync(file, 'utf8'));
  const write = (next: StandInState): void => writeFileSync(file, JSON.stringify(next));
  write({ gpus });
  return {
    program,
    state,
    slices: () => state().gpus.flatMap(({ slices = [] }) => slices),
    set: (changes) => write({ ...state(), ...changes }),
  };
};
