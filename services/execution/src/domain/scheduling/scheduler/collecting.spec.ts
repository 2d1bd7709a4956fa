import { hour, type Job, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

const kinds: readonly (Omit<Job, 'id'> & { readonly from: number; readonly runMs: number })[] = [
  { queue: 'several', gpus: 4, runMs: 12 * minute, from: 0 },
  { queue: 'single', gpus: 1, runMs: 39 * minute, from: 4 * hour },
];

/** Two queues that always want more of sixteen GPUs: one several at once and soon again, later the other one by one and for longer. */
const crowded = (untilMs: number): Timeline => {
  const world = new Timeline({ halfLifeMs: 10 * hour }).machine('m', 16);
  world.quotas(quota('several', 0, { weight: 2 }), quota('single', 0));
  let made = 0;
  for (const { from, runMs, ...kind } of kinds) {
    const more = (): void => {
      const waiting = world.waiting().filter(({ queue }) => queue === kind.queue).length;
      for (let count = waiting; count < 32; count += 1) {
        made += 1;
        world.submit({ ...kind, runMs, id: `job-${String(made).padStart(6, '0')}` });
      }
    };
    for (let at = from; at < untilMs; at += runMs) world.at(at, more);
  }
  return world;
};

describe('a queue that asks for several GPUs at once', () => {
  it('collects what the others give back one by one, and does not only wait for what it gives back itself', () => {
    const world = crowded(24 * hour);
    world.pass(12 * hour);
    let [held, now, since] = [0, 8, world.now];
    world.afterwards = () => {
      held += now * (world.now - since);
      now = world.running().reduce((sum, { queue, ask }) => sum + (queue === 'several' ? (ask.choices[0]?.gpus ?? 0) : 0), 0);
      since = world.now;
    };
    world.pass(12 * hour);
    // Then it has nearly twice as much, as its weight says, and not the half that it happened to have when the other one came
    expect(held / (12 * hour)).toBeGreaterThan(9.5);
  });
});
