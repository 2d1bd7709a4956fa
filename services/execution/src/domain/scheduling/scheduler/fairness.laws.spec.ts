import fc from 'fast-check';
import { hour, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 1_000 : 6;

const halfLifeMs = 10 * hour;
const gpus = 16;

const customer = fc.record({
  /** GPUs of each job. */
  each: fc.constantFrom(1, 2, 4, 8),
  runMs: fc.integer({ min: 10, max: 60 }).map((minutes) => minutes * minute),
  weight: fc.constantFrom(1, 2, 3),
  /** Who comes later has had nothing so far, and gets it back. */
  from: fc.integer({ min: 0, max: 20 }).map((hours) => hours * hour),
});

const story = fc.record({ customers: fc.array(customer, { minLength: 2, maxLength: 5, size: 'max' }) });
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

/** All ask for as much: what fits one fits each. */
const alike = fc
  .tuple(fc.constantFrom(1, 2, 4), story)
  .map(([each, { customers }]): Story => ({ customers: customers.map((one) => ({ ...one, each })) }));

/** GPU-milliseconds of each customer, newer counting for more, by books of its own. */
class Meters {
  readonly used: number[];
  private last = 0;

  constructor(
    private readonly world: Timeline,
    { customers }: Story,
  ) {
    this.used = customers.map(() => 0);
  }

  /** What has been held since the last look was held until now. */
  look(held: readonly number[]): void {
    const factor = 2 ** (-(this.world.now - this.last) / halfLifeMs);
    held.forEach((amount, index) => {
      this.used[index] = amount + ((this.used[index] ?? 0) - amount) * factor;
    });
    this.last = this.world.now;
  }
}

const heldBy = (world: Timeline, count: number): readonly number[] => {
  const held = new Array<number>(count).fill(0);
  for (const { queue, ask } of world.running()) {
    const index = Number(queue.slice('org-'.length));
    held[index] = (held[index] ?? 0) + (ask.choices[0]?.gpus ?? 0);
  }
  return held;
};

/** Everybody always has more to do than there is room for. */
const saturate = (world: Timeline, { customers }: Story, untilMs: number): void => {
  let made = 0;
  customers.forEach(({ each, runMs, from }, index) => {
    for (let at = from; at < untilMs; at += runMs) {
      world.at(at, () => {
        const already = world.waiting().filter(({ queue }) => queue === `org-${index}`).length;
        for (let more = already; more < 2 * gpus; more += 1) {
          made += 1;
          world.submit({ id: `job-${String(made).padStart(6, '0')}`, queue: `org-${index}`, gpus: each, runMs, model: 'a100' });
        }
      });
    }
  });
};

/** What one job of the customer comes to whose jobs count for most. */
const biggestJob = ({ customers }: Story): number =>
  Math.max(...customers.map(({ each, runMs, weight }) => (each * (1 - 2 ** (-runMs / halfLifeMs))) / weight));

/** What the cluster can do while machines empty for a large one. */
const emptyings = (told: Story): number => {
  const longestMs = Math.max(...told.customers.map(({ runMs }) => runMs));
  const least = Math.min(...told.customers.map(({ weight }) => weight));
  return (gpus * (1 - 2 ** (-longestMs / halfLifeMs))) / least / biggestJob(told);
};

/** How far the customer is ahead who has had most for its weight of the one who has had least, in jobs of the one whose jobs count for most. */
const aheadOf = (told: Story): number => {
  const { customers } = told;
  const world = new Timeline({ halfLifeMs }).machine('m', gpus);
  world.quotas(...customers.map(({ weight }, index) => quota(`org-${index}`, 0, { weight })));
  const untilMs = 60 * hour;
  saturate(world, told, untilMs);
  const meters = new Meters(world, told);
  let held = heldBy(world, customers.length);
  world.afterwards = () => {
    meters.look(held);
    held = heldBy(world, customers.length);
  };
  world.pass(untilMs);
  const shares = meters.used.map((used, index) => used / (customers[index]?.weight ?? 1));
  return (Math.max(...shares) - Math.min(...shares)) / biggestJob(told);
};

describe('shares', () => {
  // Whoever had least was next: nobody is ever before another by more than what a few of their jobs come to.
  it('of those who always want more become what their weights are to each other', () => {
    fc.assert(
      fc.property(alike, (told) => {
        expect(aheadOf(told)).toBeLessThan(4);
      }),
      { numRuns },
    );
  });

  it('become that, too, where some ask for much at once and others for little', () => {
    fc.assert(
      fc.property(story, (told) => {
        expect(aheadOf(told)).toBeLessThan(4 + emptyings(told));
      }),
      { numRuns },
    );
  });
});
