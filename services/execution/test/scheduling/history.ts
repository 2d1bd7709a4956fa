import fc from 'fast-check';
import type { QuotaNode } from '../../src/domain/scheduling/admission/quota-node.ts';
import type { Need } from '../../src/domain/scheduling/placement/need.ts';
import type { SchedulerSettings } from '../../src/domain/scheduling/scheduler/settings.ts';

const minute = 60_000;
const hour = 60 * minute;
const models = ['a100', 'h100'];
const queues = ['a', 'a/x', 'a/y', 'b', 'c/z'];

const machine = fc.record({
  cpuMilli: fc.integer({ min: 2, max: 32 }).map((n) => n * 1_000),
  memoryMib: fc.constant(65_536),
  gpuModels: fc.oneof(
    fc.integer({ min: 0, max: 4 }).map((n) => Array.from({ length: n }, () => 'a100')),
    fc.array(fc.constantFrom(...models), { maxLength: 4 }),
  ),
});

const need = fc
  .record({
    cpuMilli: fc.integer({ min: 0, max: 4 }).map((n) => n * 1_000),
    memoryMib: fc.constant(1_000),
    gpus: fc.integer({ min: 0, max: 3 }),
    share: fc.constantFrom(250, 500, 1_000, 1_000),
    models: fc.option(fc.subarray(models, { minLength: 1 }), { nil: null }),
  })
  .map(({ share, ...rest }): Need => ({ ...rest, gpuMilli: rest.gpus === 0 ? 0 : rest.gpus === 1 ? share : 1_000 }));

const request = fc.record({
  queue: fc.constantFrom(...queues),
  nodes: fc.constantFrom(1, 1, 1, 2, 3),
  choices: fc.array(need, { minLength: 1, maxLength: 2 }),
  rank: fc.integer({ min: -1, max: 1 }),
  isPreemptible: fc.boolean(),
  limitMs: fc.constantFrom(10 * minute, hour, 2 * hour, 90 * minute + 17),
  deadlineMs: fc.option(fc.constantFrom(30 * minute, 3 * hour, 10 * hour), { nil: null, freq: 6 }),
});

const amounts = fc
  .record({ a100: fc.integer({ min: 0, max: 6 }), h100: fc.integer({ min: 0, max: 4 }) })
  .map(({ a100, h100 }) => ({ a100: a100 * 1_000, h100: h100 * 1_000 }));

export const quotas = (limit: fc.Arbitrary<QuotaNode['limit']>): fc.Arbitrary<readonly QuotaNode[]> =>
  fc
    .uniqueArray(fc.constantFrom('a', 'a/x', 'b', 'c'), { maxLength: 4 })
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc.record({ id: fc.constant(id), weight: fc.integer({ min: 1, max: 3 }), guaranteed: amounts, limit, parent: fc.constant(null) }),
        ),
      ),
    )
    .map((nodes) => nodes.map((node) => (node.id === 'a/x' && nodes.some(({ id }) => id === 'a') ? { ...node, parent: 'a' } : node)));

export type Step =
  | { readonly kind: 'submit'; readonly request: typeof request extends fc.Arbitrary<infer R> ? R : never }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'quotas'; readonly nodes: readonly QuotaNode[] }
  | { readonly kind: 'outlive' | 'end' | 'fail' | 'cordon' | 'open' | 'lose' | 'back' | 'gpu' | 'restart'; readonly pick: number };

/** Nothing fails, and nobody changes anything. */
export const quiet = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('submit' as const), request }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(minute, 6 * minute, 31 * minute, hour, 3 * hour) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('end' as const, 'restart' as const), pick: fc.nat() }) },
);
const accidents = ['fail', 'cordon', 'open', 'lose', 'back', 'gpu'] as const;
/** Runs and machines fail, machines are closed and come back. */
export const rough = fc.oneof(
  { weight: 12, arbitrary: quiet },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(...accidents),
      pick: fc.nat(),
    }),
  },
);

export const anyLimit = fc.oneof(fc.constant({}), amounts);

/** Quotas are changed, too, and runs outlive their limits, so that moments that were promised pass. */
export const changing = fc.oneof(
  { weight: 12, arbitrary: rough },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('quotas' as const), nodes: quotas(anyLimit) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('outlive' as const), pick: fc.nat() }) },
);

export interface History {
  readonly machines: readonly (typeof machine extends fc.Arbitrary<infer M> ? M : never)[];
  readonly quotas: readonly QuotaNode[];
  readonly steps: readonly Step[];
  readonly settings: Partial<SchedulerSettings>;
}

const settings = fc.record({
  ageingMs: fc.constantFrom(0, hour),
  overdueMs: fc.constantFrom(2 * hour, 100 * hour),
  maxPreemptions: fc.integer({ min: 0, max: 2 }),
  reservations: fc.constantFrom(1, 64),
  minRunMs: fc.constantFrom(0, 5 * minute),
});

export const history = (steps: fc.Arbitrary<Step>, nodes: fc.Arbitrary<readonly QuotaNode[]>): fc.Arbitrary<History> =>
  fc.record({
    machines: fc.array(machine, { minLength: 1, maxLength: 5 }),
    quotas: nodes,
    steps: fc.array(steps, { maxLength: 40, size: 'max' }),
    settings,
  });
