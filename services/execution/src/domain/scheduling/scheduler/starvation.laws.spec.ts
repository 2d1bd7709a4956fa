import fc from 'fast-check';
import { hour, type Job, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';
import type { Request } from '../request.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 2_000 : 10;

/** 'other', 'guaranteed' and 'quiet'. */
const queues = 3;
const longestMs = 2 * hour;
const settings = { overdueMs: 6 * hour, ageingMs: 10 * minute, graceMs: minute, minRunMs: 5 * minute };
const horizonMs = 60 * hour;

/** Work that never stops coming: of any class, in any queue, guaranteed or not. */
const stream = fc.record({
  queue: fc.constantFrom('other', 'guaranteed', 'quiet'),
  gpus: fc.integer({ min: 1, max: 3 }),
  everyMs: fc.integer({ min: 10, max: 40 }).map((minutes) => minutes * minute),
  runMs: fc.integer({ min: 10, max: 120 }).map((minutes) => minutes * minute),
  rank: fc.integer({ min: 0, max: 3 }),
  isPreemptible: fc.boolean(),
});

const patient = fc.record({
  gpus: fc.integer({ min: 1, max: 8 }),
  nodes: fc.integer({ min: 1, max: 2 }),
  rank: fc.integer({ min: -2, max: 0 }),
  isPreemptible: fc.boolean(),
});

/** Two machines of 8 GPUs; whoever floods may be guaranteed all of them. The one that waits is guaranteed nothing. */
const story = fc.record({
  streams: fc.array(stream, { minLength: 2, maxLength: 4, size: 'max' }),
  patient,
  guaranteed: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 16 })),
  /** So many keep machines for themselves at a time. */
  reservations: fc.constantFrom(1, 2, 64),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** The flood begins, and an hour later somebody comes who is in no hurry. */
const flooded = ({ streams, patient: asked, guaranteed, reservations }: Story): Timeline => {
  const world = new Timeline({ ...settings, reservations }).machine('m-1').machine('m-2').quotas(quota('guaranteed', guaranteed));
  streams.forEach(({ everyMs, ...rest }, index) => {
    for (let at = 0; at < horizonMs; at += everyMs) {
      const job: Job = { ...rest, id: `flood-${index}-${at / minute}`, model: 'a100' };
      world.at(at, () => world.submit(job));
    }
  });
  world.pass(hour);
  world.submit({ ...asked, id: 'patient', queue: 'quiet', runMs: longestMs });
  return world;
};

const turnOf = ({ submittedAt, rank }: Request): number => submittedAt - rank * settings.ageingMs;

describe('whoever waits', () => {
  /*
   * The bound. From its turn (its submission, and earlier or later for its rank) plus `overdueMs` on, only those whose turn came before
   * its own are before it, and those of other queues who were told a moment by then: so many as wait then. Each of them may need all
   * machines, and has to wait for what runs: one after the other, they and it start within a longest limit and a grace each. Where more
   * queues than that want machines kept, it waits for one of those before it to start before any are kept for it.
   */
  it('starts within a bound, whoever comes after it, however important', () => {
    fc.assert(
      fc.property(story, (drawn) => {
        // What others are guaranteed is theirs, however long somebody waits for it: the bound is about what is nobody's.
        const world = flooded({ ...drawn, guaranteed: 0 });
        const turn = world.now - drawn.patient.rank * settings.ageingMs;
        const dueAt = turn + settings.overdueMs;
        world.pass(dueAt - world.now);
        const told = new Set(world.scheduler.snapshot().reservations.map(({ request }) => request));
        const before = world.waiting().filter((one) => one.id !== 'patient' && (told.has(one.id) || turnOf(one) <= turn)).length;
        const turns = drawn.reservations < queues ? 2 * before + 1 : before + 1;
        const bound = dueAt + turns * (longestMs + settings.graceMs);
        world.pass(bound - world.now);
        expect(world.starts.some(({ id }) => id === 'patient')).toBe(true);
      }),
      { numRuns },
    );
  });

  it('is preempted at most so often, and runs to its end where nothing is guaranteed to others', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = flooded(told);
        world.pass(horizonMs);
        const times = new Map<string, number>();
        for (const { victim } of world.preemptions) times.set(victim, (times.get(victim) ?? 0) + 1);
        expect(Math.max(0, ...times.values())).toBeLessThanOrEqual(world.settings.maxPreemptions);
        // Of what others are guaranteed it may never get enough.
        const left = [...world.running(), ...world.waiting()].filter(({ id }) => id === 'patient');
        expect(told.guaranteed === 0 ? left : []).toEqual([]);
      }),
      { numRuns },
    );
  });
});
