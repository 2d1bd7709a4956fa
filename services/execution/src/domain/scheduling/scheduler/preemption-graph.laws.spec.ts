import fc from 'fast-check';
import { hour, type Job, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 5_000 : 30;

const queues = ['acme', 'acme/vision', 'acme/speech', 'beta', 'gamma'];

const job = fc.record({
  queue: fc.constantFrom(...queues),
  gpus: fc.integer({ min: 1, max: 4 }),
  runMs: fc.integer({ min: 10, max: 900 }).map((minutes) => minutes * minute),
  rank: fc.integer({ min: -1, max: 2 }),
  isPreemptible: fc.boolean(),
  at: fc.integer({ min: 0, max: 600 }).map((minutes) => minutes * minute),
});

const story = fc.record({
  guarantees: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: queues.length, maxLength: queues.length }),
  jobs: fc.array(job, { minLength: 5, maxLength: 50, size: 'max' }),
});

type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

const worldOf = ({ guarantees }: Story): Timeline =>
  new Timeline()
    .machine('m', 12)
    .quotas(...queues.map((id, index) => quota(id, guarantees[index] ?? 0, { parent: id.includes('/') ? 'acme' : null })));

const jobsOf = ({ jobs }: Story): readonly (Job & { readonly at: number })[] =>
  jobs.map((one, index) => ({ ...one, id: `job-${index}`, model: 'a100' }));

/** Who took the place of whom, as a graph: a request that comes back to itself on the way down; null: none. */
const circleIn = (edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | null => {
  const done = new Set<string>();
  const walk = (from: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(from)) return [...path, from];
    if (done.has(from)) return null;
    for (const to of edges.get(from) ?? []) {
      const circle = walk(to, [...path, from]);
      if (circle) return circle;
    }
    done.add(from);
    return null;
  };
  for (const from of edges.keys()) {
    const circle = walk(from, []);
    if (circle) return circle;
  }
  return null;
};

describe('preemption', () => {
  // Where others of its queue end or make way for somebody new, a request comes within a guarantee that it was beyond: it has a right then
  // that it had not, and may take its place back.
  it('never goes in a circle while nobody comes or ends: nobody loses its place to one whose place it took, not even by way of others', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = worldOf(told);
        for (const { at, ...job } of jobsOf(told)) world.submit({ ...job, runMs: 1_000 * hour });
        world.pass(60 * hour);
        const edges = new Map<string, Set<string>>();
        for (const { by, victim } of world.preemptions) edges.set(by, (edges.get(by) ?? new Set()).add(victim));
        expect(circleIn(edges)).toBeNull();
      }),
      { numRuns },
    );
  });

  it('gives a place back to one whose place was taken by right of a guarantee alone, and not before somebody has come or ended', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = worldOf(told);
        let [come, known] = [0, 0];
        const changes: number[] = [];
        for (const { at, ...job } of jobsOf(told)) {
          world.at(at, () => {
            world.submit(job);
            come += 1;
          });
        }
        world.afterwards = () => {
          // It grows when somebody comes, and when somebody ends.
          const seen = come + (come - world.running().length - world.waiting().length);
          if (seen !== known) changes.push(world.now);
          known = seen;
        };
        world.pass(60 * hour);
        const taken = new Map<string, number>();
        for (const { by, victim, reason, at } of world.preemptions) {
          const before = taken.get(`${victim} of ${by}`);
          taken.set(`${by} of ${victim}`, at);
          if (before === undefined) continue;
          expect(reason).toBe('reclaim');
          expect(changes.some((moment) => moment > before && moment <= at)).toBe(true);
        }
      }),
      { numRuns },
    );
  });

  it('comes to an end: with nobody new, nobody is preempted any more', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = worldOf(told);
        for (const { at, ...job } of jobsOf(told)) world.submit({ ...job, runMs: 1_000 * hour });
        world.pass(2 * hour);
        const { length } = world.preemptions;
        world.pass(40 * hour);
        expect(world.preemptions).toHaveLength(length);
      }),
      { numRuns },
    );
  });
});
