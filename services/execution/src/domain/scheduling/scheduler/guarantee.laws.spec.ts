import fc from 'fast-check';
import { hour, type Job, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';
import type { Request } from '../request.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 5_000 : 60;

const queues = ['acme', 'beta', 'gamma', 'nobody'];
const guaranteed = queues.slice(0, 3);

const job = fc.record({
  queue: fc.constantFrom(...queues),
  gpus: fc.integer({ min: 1, max: 4 }),
  runMs: fc.integer({ min: 1, max: 600 }).map((minutes) => minutes * minute),
  /** How much earlier it ends than it had to say. */
  early: fc.constantFrom(1, 2, 5),
  rank: fc.integer({ min: -1, max: 2 }),
  isPreemptible: fc.boolean(),
  at: fc.integer({ min: 0, max: 1_200 }).map((minutes) => minutes * minute),
});

/**
 * One machine, of which the three queues are guaranteed at most all; or many machines, and requests for one GPU. There a guarantee is
 * room: on many machines a larger request may find its guarantee in pieces.
 */
const story = fc.record({
  machines: fc.integer({ min: 1, max: 4 }),
  parts: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 3 }),
  spare: fc.integer({ min: 0, max: 3 }),
  jobs: fc.array(job, { minLength: 1, maxLength: 40, size: 'max' }),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

const gpusOf = ({ ask }: Request): number => ask.choices[0]?.gpus ?? 0;

/** The machines of the story, and all its jobs due. */
const worldOf = ({ machines, parts, spare, jobs }: Story): Timeline => {
  const total = parts.reduce((sum, part) => sum + part, spare + 1);
  const world = new Timeline();
  const each = Math.ceil(total / machines);
  for (let number = 0; number < machines; number += 1) world.machine(`m-${number}`, each);
  world.quotas(...guaranteed.map((id, index) => quota(id, parts[index] ?? 0)));
  jobs.forEach(({ at, early, gpus, ...rest }, index) => {
    const one: Job = { ...rest, id: `job-${index}`, gpus: machines === 1 ? gpus : 1, model: 'a100', limitMs: early * rest.runMs };
    world.at(at, () => world.submit(one));
  });
  return world;
};

/** Since when the first request of each queue could have its GPUs of the queue's own guarantee, and has not. */
class Claims {
  private readonly since = new Map<string, { readonly id: string; readonly at: number }>();

  constructor(
    private readonly world: Timeline,
    private readonly guarantees: ReadonlyMap<string, number>,
  ) {}

  /** The longest that anybody has waited for what is theirs. */
  longest(): number {
    for (const [queue, gpus] of this.guarantees) this.look(queue, gpus);
    return Math.max(0, ...[...this.since.values()].map(({ at }) => this.world.now - at));
  }

  private look(queue: string, guaranteedGpus: number): void {
    const used = this.world.running().reduce((sum, one) => sum + (one.queue === queue ? gpusOf(one) : 0), 0);
    const [first] = this.world
      .waiting()
      .filter((one) => one.queue === queue)
      .sort((a, b) => this.turnOf(a) - this.turnOf(b) || (a.id < b.id ? -1 : 1));
    if (!first || used + gpusOf(first) > guaranteedGpus) this.since.delete(queue);
    else if (this.since.get(queue)?.id !== first.id) this.since.set(queue, { id: first.id, at: this.world.now });
  }

  private turnOf({ submittedAt, rank }: Request): number {
    return submittedAt - rank * this.world.settings.ageingMs;
  }
}

describe('a guarantee', () => {
  it('is had within the minimum run time and the grace of others, whatever they do', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = worldOf(told);
        const claims = new Claims(world, new Map(guaranteed.map((id, index) => [id, told.parts[index] ?? 0])));
        let longest = 0;
        world.afterwards = () => {
          longest = Math.max(longest, claims.longest());
        };
        world.pass(40 * hour);
        // Also where nothing happened any more.
        longest = Math.max(longest, claims.longest());
        expect(longest).toBeLessThanOrEqual(world.settings.minRunMs + world.settings.graceMs);
      }),
      { numRuns },
    );
  });

  it('is never taken from by those who borrow', () => {
    fc.assert(
      fc.property(story, (told) => {
        const world = worldOf(told);
        const shareOf = new Map(guaranteed.map((id, index) => [id, told.parts[index] ?? 0]));
        const queueOf = new Map(told.jobs.map(({ queue }, index) => [`job-${index}`, queue]));
        world.pass(40 * hour);
        // Whoever reclaims had it of its own guarantee: so what it had at that moment, with this, is no more than that.
        for (const { by, reason } of world.preemptions)
          if (reason === 'reclaim') expect(shareOf.get(queueOf.get(by) ?? '')).toBeGreaterThan(0);
      }),
      { numRuns },
    );
  });
});
