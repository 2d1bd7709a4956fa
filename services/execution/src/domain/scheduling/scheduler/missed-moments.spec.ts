import type { Request } from '../request.ts';
import { Scheduler } from './scheduler.ts';
import { defaultSettings } from './settings.ts';

const second = 1_000;
const { graceMs } = defaultSettings;
const limitMs = 60 * second;
/** When the small one is gone at the latest, if it begins in the moment that it was told. */
const afterIt = limitMs + graceMs;

const asked = (id: string, gpus: number, nodes: number): Request => ({
  id,
  queue: id,
  ask: { nodes, choices: [{ cpuMilli: 0, memoryMib: 0, gpus, gpuMilli: 1_000, models: null }] },
  rank: 0,
  isPreemptible: false,
  limitMs,
  deadlineAt: null,
  submittedAt: 0,
});

/** Two idle machines of 8 GPUs: a gang was promised both, and a small one, later, the time until then. */
const bothPromised = (): Scheduler => {
  const scheduler = new Scheduler(defaultSettings, () => 0);
  const gpuModels = new Array<string>(8).fill('a100');
  for (const id of ['m1', 'm2']) scheduler.addMachine({ id, cpuMilli: 1_000_000, memoryMib: 1_000_000, gpuModels });
  scheduler.submit(asked('gang', 8, 2));
  scheduler.submit(asked('small', 4, 1));
  const all = [0, 1, 2, 3, 4, 5, 6, 7];
  scheduler.reserved('gang', {
    at: afterIt,
    choice: 0,
    seats: [
      { machine: 'm1', gpus: all },
      { machine: 'm2', gpus: all },
    ],
  });
  scheduler.reserved('small', { at: 0, choice: 0, seats: [{ machine: 'm1', gpus: [0, 1, 2, 3] }] });
  return scheduler;
};

const placedAt = (now: number): readonly string[] =>
  bothPromised()
    .decide(now, 100)
    .flatMap(({ kind, request }) => (kind === 'place' ? [request] : []));

describe('two that were promised one machine, the second for the time before the first', () => {
  it('begin as promised when they are asked for a moment late', () => {
    expect(placedAt(10)).toEqual(['small']);
  });

  it('do not both wait for the other when the second has missed its time: the first begins', () => {
    expect(placedAt(graceMs + second)).toEqual(['gang']);
  });
});
