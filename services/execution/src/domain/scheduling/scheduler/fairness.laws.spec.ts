import fc from 'fast-check';
import { hour, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

const numRuns = process.env.ORRERY_LAWS === 'full' ? 1_000 : 10;

const halfLifeMs = 10 * hour;
const gpus = 16;

const customer = fc.record({
  runMs: fc.integer({ min: 10, max: 60 }).map((minutes) => minutes * minute),
  weight: fc.constantFrom(1, 2, 3),
  /** Who comes later has had nothing so far, and gets it back. */
  from: fc.integer({ min: 0, max: 20 }).map((hours) => hours * hour),
});

/** All ask for as much: what fits one fits each, so that it is the turn alone that decides. */
const story = fc.record({ each: fc.constantFrom(1, 2, 4), customers: fc.array(customer, { minLength: 2, maxLength: 5 }) });
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

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
const saturate = (world: Timeline, { each, customers }: Story, untilMs: number): void => {
  let made = 0;
  customers.forEach(({ runMs, from }, index) => {
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

describe('shares', () => {
  it('of those who always want more become what their weights are to each other', () => {
    fc.assert(
      fc.property(story, (told) => {
        const { customers } = told;
        // A reserved place is had by whose turn it was when it was promised: fair share decides where nothing is.
        const world = new Timeline({ halfLifeMs, reservations: 0 }).machine('m', gpus);
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
        const steps = customers.map(({ runMs, weight }) => (told.each * (1 - 2 ** (-runMs / halfLifeMs))) / weight);
        // Whoever had least was next: nobody is ever before another by more than what a few of their jobs come to.
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThan(4 * Math.max(...steps));
      }),
      { numRuns },
    );
  });
});
