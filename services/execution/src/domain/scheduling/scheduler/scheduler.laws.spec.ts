import fc from 'fast-check';
import { Story } from '../../../../test/scheduling/story.ts';
import type { QuotaNode } from '../admission/quota-node.ts';
import type { Need } from '../placement/need.ts';
import type { Request } from '../request.ts';
import { defaultSettings, type SchedulerSettings } from './settings.ts';

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

const quotas = (limit: fc.Arbitrary<QuotaNode['limit']>): fc.Arbitrary<readonly QuotaNode[]> =>
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

type Step =
  | { readonly kind: 'submit'; readonly request: typeof request extends fc.Arbitrary<infer R> ? R : never }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'end' | 'fail' | 'cordon' | 'open' | 'lose' | 'back' | 'gpu' | 'restart'; readonly pick: number };

const quiet = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('submit' as const), request }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(minute, 6 * minute, 31 * minute, hour, 3 * hour) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('end' as const, 'restart' as const), pick: fc.nat() }) },
);
const accidents = ['fail', 'cordon', 'open', 'lose', 'back', 'gpu'] as const;
const rough = fc.oneof(
  { weight: 12, arbitrary: quiet },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(...accidents),
      pick: fc.nat(),
    }),
  },
);

interface History {
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

const history = (steps: fc.Arbitrary<Step>, nodes: fc.Arbitrary<readonly QuotaNode[]>): fc.Arbitrary<History> =>
  fc.record({
    machines: fc.array(machine, { minLength: 1, maxLength: 5 }),
    quotas: nodes,
    steps: fc.array(steps, { maxLength: 40 }),
    settings,
  });

class Play {
  readonly story: Story;
  /** Where the restored one did not decide as the original. */
  readonly differences: unknown[] = [];
  private count = 0;

  constructor({ machines, quotas: nodes, settings: some }: History) {
    this.story = new Story({ ...defaultSettings, ...some });
    this.story.setQuotas(nodes);
    for (const [index, size] of machines.entries()) this.story.machine({ id: `m${index}`, ...size });
  }

  act(step: Step): void {
    if (step.kind === 'submit') this.story.submit(this.requestOf(step.request));
    else if (step.kind === 'pass') this.story.pass(step.ms);
    else this.happen(step.kind, step.pick);
    this.compare();
    this.story.settle();
    this.compare();
  }

  /** What it has found out before changes nothing: one that has found out nothing decides the same. */
  private compare(): void {
    const { now, scheduler } = this.story;
    const [one, other] = [scheduler, this.story.restored()].map((each) => each.decide(now, 1_000));
    if (JSON.stringify(one) !== JSON.stringify(other)) this.differences.push([one, other]);
  }

  private requestOf({ nodes, choices, deadlineMs, ...rest }: Extract<Step, { kind: 'submit' }>['request']): Request {
    this.count += 1;
    const { now } = this.story;
    return {
      id: `r${String(this.count).padStart(3, '0')}`,
      ask: { nodes, choices },
      submittedAt: now,
      deadlineAt: deadlineMs && now + deadlineMs,
      ...rest,
    };
  }

  private happen(kind: Exclude<Step['kind'], 'submit' | 'pass'>, pick: number): void {
    const { books } = this.story;
    const [run] = [...books.running][pick % Math.max(1, books.running.size)] ?? [];
    const [id = ''] = [...books.machines][pick % books.machines.size] ?? [];
    if (kind === 'restart') this.restart();
    else if (kind === 'end') this.story.end(run ?? [...books.waiting.keys()][0] ?? '');
    else if (kind === 'fail') this.story.fail(run ?? '', books.running.get(run ?? '')?.seats[0]?.machine ?? null);
    else if (kind === 'lose') this.story.lose(id);
    else if (kind === 'back') this.story.comeBack(id);
    else if (kind === 'gpu') this.story.closeGpus(id, pick % 3 === 0 ? [] : [pick % 4]);
    else this.story.open(id, kind === 'open');
  }

  private restart(): void {
    const { now, scheduler } = this.story;
    const next = this.story.restored();
    const again = this.story.restored();
    const [one, other] = [scheduler, again].map((each) => [each.decide(now, 1_000), each.load(), each.decide(now + 3 * hour, 1_000)]);
    if (JSON.stringify(one) !== JSON.stringify(other)) this.differences.push([one, other]);
    this.story.scheduler = next;
  }
}

const played = (told: History): Play => {
  const play = new Play(told);
  for (const step of told.steps) play.act(step);
  return play;
};

const anyLimit = fc.oneof(fc.constant({}), amounts);

describe('whatever happens in a cluster', () => {
  it('nobody gets what is not there, or part of what was asked for, or more than a limit; and nobody makes way against the rules', () => {
    fc.assert(
      fc.property(history(rough, quotas(anyLimit)), (told) => {
        const { faults } = played(told).story;
        expect(faults.filter((fault) => !fault.includes('reserved moment'))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('who was written down and read decides the same', () => {
    fc.assert(
      fc.property(history(rough, quotas(anyLimit)), (told) => {
        expect(played(told).differences).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('equal stories make equal decisions', () => {
    fc.assert(
      fc.property(history(rough, quotas(anyLimit)), (told) => {
        expect(played(told).story.told).toEqual(played(told).story.told);
      }),
      { numRuns: 100 },
    );
  });

  it('nobody starts later than it was promised, when nothing fails and nobody is guaranteed anything', () => {
    fc.assert(
      fc.property(history(quiet, fc.constant([])), (told) => {
        expect(played(told).story.faults).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('whoever could have an empty cluster to itself has run in the end, though guaranteed work goes first', () => {
    fc.assert(
      fc.property(history(quiet, quotas(anyLimit)), (told) => {
        const { story } = played(told);
        const rounds = story.books.waiting.size + story.books.running.size + 1;
        for (let round = 0; round < rounds; round += 1) story.pass(3 * hour);
        story.pass(200 * hour);
        for (let round = 0; round < rounds; round += 1) story.pass(3 * hour);
        const left = [...story.books.waiting.values()].filter((request) => {
          const alone = new Story(story.settings);
          alone.setQuotas(told.quotas);
          for (const { size } of story.books.machines.values()) alone.machine(size);
          alone.submit(request);
          return alone.scheduler.decide(alone.now, 1).some(({ kind }) => kind === 'place');
        });
        expect(left).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
