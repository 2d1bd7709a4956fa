import type { execution } from '@orrery/contracts';
import { isShare, type Need } from '../placement/need.ts';
import { inUnits } from '../rules/in-words.ts';

/** `1 machine`, `3 machines`. */
export const many = (count: number, noun: string): string => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

/** `an a100`, `an h100`, `an l40s`, `a t4`: as models are spoken. */
const withArticle = (model: string): string => `${/^(?:[aeilorx]|[fhmns](?=\d))/i.test(model) ? 'an' : 'a'} ${model}`;

const modelsInWords = ({ models }: Need): string => (models === null || models.length === 0 ? 'GPU' : models.join(' or '));

/** `8 a100`, `half` as `0.5 a100`, `a slice 1g.10gb`, `no GPU`. */
export const gpusOf = (need: Need): string => {
  if (need.gpus === 0) return 'no GPU';
  if (need.mig !== undefined) return `a slice ${need.mig} of ${withArticle(modelsInWords(need))}`;
  return `${isShare(need) ? inUnits(need.gpuMilli) : need.gpus} ${modelsInWords(need)}`;
};

/** What one member asks for. */
export const needInWords = (need: Need): string =>
  `${gpusOf(need)}, ${inUnits(need.cpuMilli)} CPUs, ${Math.round(need.memoryMib / 102.4) / 10} GiB of memory`;

const seconds = 1_000;
const steps = [
  [90 * seconds, seconds, 'second'],
  [90 * 60 * seconds, 60 * seconds, 'minute'],
  [36 * 3_600 * seconds, 3_600 * seconds, 'hour'],
] as const;

/** `45 seconds`, `12 minutes`, `3 days`: as exact as anybody wants it. */
export const spanInWords = (ms: number): string => {
  const [, unitMs, unit] = steps.find(([most]) => ms <= most) ?? [0, 86_400 * seconds, 'day'];
  return many(Math.max(1, Math.round(ms / unitMs)), unit);
};

const causes: Readonly<Record<execution.MachineCause, (machines: string, is: 'is' | 'are') => string>> = {
  'pinned-elsewhere': (machines, is) => `${machines} ${is} not the one that it is pinned to`,
  lost: (machines, is) => `${machines} ${is} offline`,
  cordoned: (machines, is) => `${machines} ${is} cordoned`,
  unfit: (machines) => `${machines} cannot run programs of this kind`,
  pool: (machines, is) => `${machines} ${is} in another pool`,
  labels: (machines, is) => `${machines} ${is === 'is' ? 'does' : 'do'} not carry the labels`,
  'gpu-model': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} no such GPUs, or too few`,
  'gpu-memory': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} GPUs with too little memory`,
  'no-slices': (machines) => `${machines} cannot make such slices of GPUs (MIG)`,
  'too-small': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} too few CPUs or too little memory, even when empty`,
  group: (machines, is) => `${machines} ${is} not near to, or not apart from, runs as it wants to be`,
  'gpus-faulty': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} faulty GPUs`,
  'gpus-taken': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} too few free GPUs`,
  'cpu-taken': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} too few free CPUs`,
  'memory-taken': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} too little free memory`,
  'has-room': (machines, is) => `${machines} ${is === 'is' ? 'has' : 'have'} room`,
};

export const causeInWords = (cause: execution.MachineCause, machines: number): string =>
  causes[cause](many(machines, 'machine'), machines === 1 ? 'is' : 'are');

/** Said of one machine by its name. */
export const causeAtInWords = (cause: execution.MachineCause, machine: string): string => causes[cause](machine, 'is');
