import fc from 'fast-check';
import { hour, type Job, minute, Timeline } from '../../../../test/scheduling/timeline.ts';
import type { Request } from '../request.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 5_000 : 200;

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

const story = fc.record({ overdueMs: fc.constantFrom(2 * hour, 72 * hour), jobs: fc.array(job, { minLength: 2, maxLength: 40 }) });

/** Of each queue the one whose turn it is, by rules of its own. */
const firstOfEach = (world: Timeline): readonly Request[] => {
  const { now, settings } = world;
  const turnOf = ({ submittedAt, rank }: Request): number => submittedAt - rank * settings.ageingMs;
  const isUp = (one: Request): boolean =>
    now - turnOf(one) >= settings.overdueMs || (one.deadlineAt !== null && one.deadlineAt - one.limitMs + 1 - settings.urgentMs <= now);
  const first = new Map<string, Request>();
  const ordered = [...world.waiting()].sort((a, b) => Number(isUp(b)) - Number(isUp(a)) || turnOf(a) - turnOf(b) || (a.id < b.id ? -1 : 1));
  for (const one of ordered) if (!first.has(one.queue)) first.set(one.queue, one);
  return [...first.values()];
};

describe('the first of its queue', () => {
  it('is told when it starts as soon as it is the first, whoever of its queue was told before it came', () => {
    fc.assert(
      fc.property(story, ({ overdueMs, jobs }) => {
        const world = new Timeline({ overdueMs }).machine('m-1', 4).machine('m-2', 5);
        jobs.forEach(({ at, spareMs, ...rest }, index) => {
          const deadlineAt = spareMs === null ? null : at + rest.runMs + spareMs;
          const one: Job = { ...rest, id: `job-${String(index).padStart(2, '0')}`, model: 'a100', deadlineAt };
          world.at(at, () => world.submit(one));
        });
        const untold: string[] = [];
        world.afterwards = () => {
          const told = new Set(world.scheduler.snapshot().reservations.map(({ request }) => request));
          // Who was preempted as often as may be waits for solid ground, and has no say before its time is up.
          const isRestless = (id: string): boolean =>
            world.preemptions.filter(({ victim }) => victim === id).length >= world.settings.maxPreemptions;
          for (const { id } of firstOfEach(world)) if (!told.has(id) && !isRestless(id)) untold.push(`${id} at ${world.now / minute}`);
        };
        world.pass(60 * hour);
        expect(untold).toEqual([]);
      }),
      { numRuns },
    );
  });
});
