import fc from 'fast-check';
import { hour, type Job, minute, Timeline } from '../../../../test/scheduling/timeline.ts';
import type { Request } from '../request.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 5_000 : 60;

const job = fc.record({
  queue: fc.constantFrom('acme', 'acme/vision', 'beta'),
  gpus: fc.integer({ min: 1, max: 4 }),
  nodes: fc.constantFrom(1, 1, 2),
  runMs: fc.integer({ min: 10, max: 300 }).map((minutes) => minutes * minute),
  rank: fc.integer({ min: -1, max: 2 }),
  isPreemptible: fc.boolean(),
  at: fc.integer({ min: 0, max: 600 }).map((minutes) => minutes * minute),
  /** How long after it could end at the earliest it has to have ended. */
  spareMs: fc.option(
    fc.integer({ min: 5, max: 240 }).map((minutes) => minutes * minute),
    { nil: null, freq: 3 },
  ),
});

const story = fc.record({
  overdueMs: fc.constantFrom(2 * hour, 72 * hour),
  jobs: fc.array(job, { minLength: 2, maxLength: 40, size: 'max' }),
});

const turnOf = ({ settings }: Timeline, { submittedAt, rank }: Request): number => submittedAt - rank * settings.ageingMs;

/** Its time is up, by rules of its own. */
const isPressing = (world: Timeline, one: Request): boolean => {
  const { now, settings } = world;
  const isUrgent = one.deadlineAt !== null && one.deadlineAt - one.limitMs + 1 - settings.urgentMs <= now;
  return isUrgent || now - turnOf(world, one) >= settings.overdueMs;
};

const idOf = (index: number): string => `job-${String(index).padStart(2, '0')}`;

/** Of each queue the one whose turn it is, by rules of its own. */
const firstOfEach = (world: Timeline): readonly Request[] => {
  const first = new Map<string, Request>();
  const ordered = [...world.waiting()].sort(
    (a, b) => Number(isPressing(world, b)) - Number(isPressing(world, a)) || turnOf(world, a) - turnOf(world, b) || (a.id < b.id ? -1 : 1),
  );
  for (const one of ordered) if (!first.has(one.queue)) first.set(one.queue, one);
  return [...first.values()];
};

/**
 * Another queue has what a queue may keep, and wants more: its turn may be before. But nobody behind it is told then, either, unless by
 * right of taking the places of others: where these give it room that the first could not use.
 */
const mayBePutOff = (world: Timeline, first: Request, told: ReadonlySet<string>): boolean => {
  if (isPressing(world, first)) return false;
  const waiting = world.waiting();
  const takers = new Set(world.preemptions.filter(({ at }) => at === world.now).map(({ by }) => by));
  const toldNow = new Set(world.reserved.filter(({ id, told: at }) => at === world.now && !takers.has(id)).map(({ id }) => id));
  if (waiting.some(({ id, queue }) => queue === first.queue && told.has(id) && toldNow.has(id))) return false;
  const others = waiting.filter(({ queue }) => queue !== first.queue);
  return others.some((one) => !told.has(one.id) && others.some((other) => other.queue === one.queue && told.has(other.id)));
};

describe('the first of its queue', () => {
  it('is told when it starts as soon as its time is up or its queue is next, and at the latest with one behind it, whoever was told before it came', () => {
    fc.assert(
      fc.property(story, ({ overdueMs, jobs }) => {
        const world = new Timeline({ overdueMs }).machine('m-1', 4).machine('m-2', 5);
        jobs.forEach(({ at, spareMs, ...rest }, index) => {
          const deadlineAt = spareMs === null ? null : at + rest.runMs + spareMs;
          const one: Job = { ...rest, id: idOf(index), model: 'a100', deadlineAt };
          world.at(at, () => world.submit(one));
        });
        const untold: string[] = [];
        world.afterwards = () => {
          const told = new Set(world.scheduler.snapshot().reservations.map(({ request }) => request));
          for (const one of firstOfEach(world)) {
            const mayWait = told.has(one.id) || mayBePutOff(world, one, told);
            if (!mayWait) untold.push(`${one.id} at ${world.now / minute}`);
          }
        };
        world.pass(60 * hour);
        expect(untold).toEqual([]);
      }),
      { numRuns },
    );
  });
});
