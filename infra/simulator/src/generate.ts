import { gpuMilliOf, type MachineSize, wholeGpu } from '@orrery/execution/scheduling';
import type { Chance } from './draw.ts';
import type { Pod } from './openb.ts';

/** A choice and its weight. */
type Weighted<T> = readonly (readonly [T, number])[];

interface Form {
  readonly gpus: number;
  readonly model: string;
  readonly cpuMilli: number;
  readonly memoryMib: number;
}

const form = (gpus: number, model: string, cores: number, gib: number): Form => ({
  gpus,
  model,
  cpuMilli: 1_000 * cores,
  memoryMib: 1_024 * gib,
});

/** Machines of a mixed cluster: mostly eight GPUs with twelve cores each, a good third of them small ones for inference. */
const forms: Weighted<Form> = [
  [form(8, 'A100', 96, 768), 30],
  [form(8, 'H100', 192, 2_048), 15],
  [form(2, 'T4', 96, 384), 30],
  [form(4, 'L40S', 64, 512), 15],
  [form(2, 'V100', 16, 120), 10],
];

/** GPUs of a request: none, a share in thousandths, or whole ones. Shares and single GPUs are most of it, as in published traces. */
const asked: Weighted<readonly [gpus: number, milli: number]> = [
  [[0, 0], 13],
  [[1, 100], 5],
  [[1, 250], 8],
  [[1, 500], 12],
  [[1, 800], 10],
  [[1, wholeGpu], 44],
  [[2, wholeGpu], 4],
  [[4, wholeGpu], 2],
  [[8, wholeGpu], 2],
];

/** Cores for each GPU, or for a request that asks for none. */
const cores: Weighted<number> = [
  [2, 15],
  [4, 30],
  [8, 30],
  [11, 20],
  [16, 5],
];

const models: Weighted<readonly string[] | null> = [
  [null, 67],
  [['T4'], 14],
  [['A100'], 8],
  [['H100'], 4],
  [['A100', 'H100'], 4],
  [['L40S', 'V100'], 3],
];

const gibPerCore = 4;

const one = <T>(choices: Weighted<T>, { below }: Chance): T => {
  let left = below(choices.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [choice, weight] of choices) {
    left -= weight;
    if (left < 0) return choice;
  }
  throw new RangeError('there is nothing to choose from');
};

/** Machines with at least so many GPUs in all. */
export const machinesOf = (gpus: number, chance: Chance): readonly MachineSize[] => {
  const machines: MachineSize[] = [];
  for (let found = 0; found < gpus; ) {
    const { gpus: count, model, cpuMilli, memoryMib } = one(forms, chance);
    const gpuModels = Array.from({ length: count }, () => model);
    machines.push({ id: `node-${String(machines.length).padStart(6, '0')}`, cpuMilli, memoryMib, gpuModels });
    found += count;
  }
  return machines;
};

export const requestOf = (name: string, chance: Chance): Pod => {
  const [gpus, gpuMilli] = one(asked, chance);
  const cpuMilli = 1_000 * one(cores, chance) * Math.max(1, gpus);
  return {
    name,
    cpuMilli,
    memoryMib: (gibPerCore * 1_024 * cpuMilli) / 1_000,
    gpus,
    gpuMilli,
    models: gpus === 0 ? null : one(models, chance),
  };
};

/** Requests, in the order of their arrival, that together ask for so many GPUs. */
export const requestsOf = (gpus: number, chance: Chance): readonly Pod[] => {
  const requests: Pod[] = [];
  for (let milli = 0; milli < wholeGpu * gpus; ) {
    const request = requestOf(`request-${requests.length}`, chance);
    requests.push(request);
    milli += gpuMilliOf(request);
  }
  return requests;
};
