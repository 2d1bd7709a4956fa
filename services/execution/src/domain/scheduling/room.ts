import type { catalog, execution } from '@orrery/contracts';
import type { Machine } from './picture.ts';

/** The one runtime that there is so far. */
const runtime = 'process';

/** What of a machine is free, less what has been proposed in the same decision. */
export interface Room {
  readonly machine: Machine;
  cpuMilli: number;
  memoryMib: number;
  /** Indexes of the free GPUs, lowest first. */
  gpus: readonly execution.WorkerFacts['gpus'][number][];
}

export const roomOf = (machine: Machine): Room => ({
  machine,
  cpuMilli: machine.facts.cpuMilli - machine.usedCpuMilli,
  memoryMib: machine.facts.memoryMib - machine.usedMemoryMib,
  gpus: machine.facts.gpus.filter(({ index }) => !machine.heldGpus.has(index)),
});

/** What of a machine decides whether a request could ever fit. */
export interface Capacity extends Pick<execution.WorkerFacts, 'cpuMilli' | 'memoryMib' | 'runtimes'> {
  readonly gpus: readonly { readonly model: string }[];
}

export const canRun = ({ runtimes }: Pick<Capacity, 'runtimes'>): boolean => runtimes.includes(runtime);

export const isOpen = ({ isLost, isCordoned, facts }: Machine): boolean => !isLost && !isCordoned && canRun(facts);

const gpusFor = <G extends { readonly model: string }>(gpus: readonly G[], { gpuModel }: catalog.Resources): readonly G[] =>
  gpuModel === undefined ? gpus : gpus.filter(({ model }) => model.toLowerCase() === gpuModel.toLowerCase());

/** Whether it would fit if nothing else were there. */
export const couldFit = ({ facts }: { readonly facts: Capacity }, need: catalog.Resources): boolean =>
  facts.cpuMilli >= need.cpuMilli && facts.memoryMib >= need.memoryMib && gpusFor(facts.gpus, need).length >= need.gpus;

/** The GPUs it would get, or null where it does not fit. */
export const fitting = (room: Room, need: catalog.Resources): readonly number[] | null => {
  if (room.cpuMilli < need.cpuMilli || room.memoryMib < need.memoryMib) return null;
  const gpus = gpusFor(room.gpus, need);
  return gpus.length < need.gpus ? null : gpus.slice(0, need.gpus).map(({ index }) => index);
};

export const take = (room: Room, need: catalog.Resources, gpuIndexes: readonly number[]): void => {
  room.cpuMilli -= need.cpuMilli;
  room.memoryMib -= need.memoryMib;
  room.gpus = room.gpus.filter(({ index }) => !gpuIndexes.includes(index));
};

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

/** How much of the machine would be left, in shares of it; a machine with GPUs is the last choice of work that needs none. */
export const leftover = ({ machine: { facts }, cpuMilli, memoryMib, gpus }: Room, need: catalog.Resources): number => {
  const isWasted = need.gpus === 0 && facts.gpus.length > 0;
  const left =
    share(cpuMilli - need.cpuMilli, facts.cpuMilli) +
    share(memoryMib - need.memoryMib, facts.memoryMib) +
    share(gpus.length - need.gpus, facts.gpus.length) +
    (isWasted ? 10 : 0);
  return Math.round(left * 10_000) / 10_000;
};

/** How much is missing for it to fit, in shares of the machine; never grows while the machine takes nothing new. */
export const missing = ({ machine: { facts }, cpuMilli, memoryMib, gpus }: Room, need: catalog.Resources): number =>
  share(Math.max(0, need.cpuMilli - cpuMilli), facts.cpuMilli) +
  share(Math.max(0, need.memoryMib - memoryMib), facts.memoryMib) +
  share(Math.max(0, need.gpus - gpusFor(gpus, need).length), facts.gpus.length);

/** Requests of one shape fit in the same places. */
export const shapeOf = ({ cpuMilli, memoryMib, gpus, gpuModel }: catalog.Resources): string =>
  `${cpuMilli}/${memoryMib}/${gpus}/${gpuModel ?? ''}`;
