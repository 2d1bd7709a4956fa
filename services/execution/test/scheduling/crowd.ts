import fc from 'fast-check';
import { type History, history, type Step } from './history.ts';

const minute = 60_000;
const hour = 60 * minute;
const queues = ['a', 'a/x', 'a/y', 'b', 'c'];

const gpus = (most: number): fc.Arbitrary<Readonly<Record<string, number>>> =>
  fc.integer({ min: 0, max: most }).map((count) => ({ a100: 1_000 * count }));

const quotas: fc.Arbitrary<History['quotas']> = fc.uniqueArray(fc.constantFrom(...queues), { minLength: 1, maxLength: 4 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(id),
        weight: fc.integer({ min: 1, max: 3 }),
        guaranteed: gpus(4),
        limit: fc.oneof(
          { weight: 3, arbitrary: fc.constant({}) },
          gpus(8).map(({ a100 = 0 }) => ({ a100: a100 + 4_000 })),
        ),
        parent: fc.constant(ids.includes('a') && id.startsWith('a/') ? 'a' : null),
      }),
    ),
  ),
);

const request = fc.record({
  queue: fc.constantFrom(...queues),
  nodes: fc.constantFrom(1, 1, 1, 1, 2),
  choices: fc.integer({ min: 1, max: 4 }).map((count) => [{ cpuMilli: 0, memoryMib: 0, gpus: count, gpuMilli: 1_000, models: null }]),
  rank: fc.integer({ min: -1, max: 1 }),
  isPreemptible: fc.boolean(),
  limitMs: fc.constantFrom(10 * minute, hour, 2 * hour),
  deadlineMs: fc.constant(null),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('submit' as const), request }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(minute, 6 * minute, 31 * minute, hour) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('end' as const), pick: fc.nat() }) },
);

/** … and runs and machines fail beside it. */
const roughStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 13, arbitrary: step },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 20_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('fail' as const, 'outlive' as const, 'cordon' as const, 'open' as const),
      pick: fc.nat(),
    }),
  },
);

const crowdOf = (steps: fc.Arbitrary<Step>, nodes: fc.Arbitrary<History['quotas']>): fc.Arbitrary<History> =>
  fc
    .tuple(
      history(steps, nodes),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
      fc.array(steps, { minLength: 15, maxLength: 40 }),
    )
    .map(([told, sizes, all]) => ({
      ...told,
      steps: all,
      machines: sizes.map((count) => ({ cpuMilli: 1_000, memoryMib: 65_536, gpuModels: Array.from({ length: count }, () => 'a100') })),
    }));

/** Few machines of one kind, and many who want them at the same time: their order decides who gets what. */
export const crowd = crowdOf(step, quotas);

/** The same where nobody has a quota: then rounds remember of each other where there was nothing. */
export const crowdWithoutQuotas = crowdOf(roughStep, fc.constant([]));
