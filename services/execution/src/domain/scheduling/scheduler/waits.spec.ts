import { gpus, hour, World } from '../../../../test/scheduling/world.ts';
import type { Wait } from './facts.ts';

const queues = ['a', 'b', 'c/x', 'c/y'];
const many = 2_000;

/** Nothing is there for anybody. */
const waitingWorld = (): World => {
  const world = new World();
  world.machine('m', 1);
  world.ask('first', 'a', gpus(1));
  world.round();
  for (let n = 0; n < many; n += 1) {
    world.now += 1;
    world.ask(`r${String(n).padStart(4, '0')}`, queues[n % queues.length] ?? '', gpus(1 + (n % 3)), { rank: n % 2, limitMs: hour });
  }
  world.round();
  return world;
};

const inSteps = (world: World, between: (step: number) => void): readonly Wait[] => {
  const steps = world.scheduler.order(world.now);
  for (let step = 0; ; step += 1) {
    const { done, value } = steps.next();
    if (done) return value;
    between(step);
  }
};

describe('the order of those who wait, found in steps', () => {
  it('is the one that is found at once', () => {
    const world = waitingWorld();
    let rests = 0;
    const order = inSteps(world, () => {
      rests += 1;
    });
    expect(rests).toBeGreaterThan(3);
    expect(order).toHaveLength(many);
    expect(order.map(({ request, position }) => [request, position])).toEqual(
      world.scheduler.waits(world.now).map(({ request, position }) => [request, position]),
    );
  });

  it('has each once who is there all the time, in the same order, whoever comes and leaves between two steps', () => {
    const world = waitingWorld();
    const before = inSteps(world, () => undefined).map(({ request }) => request);
    const left = new Set<string>();
    let came = 0;
    const order = inSteps(world, (step) => {
      for (const id of [`r${String(1_999 - 3 * step).padStart(4, '0')}`, `r${String(7 * step).padStart(4, '0')}`]) {
        world.end(id);
        left.add(id);
      }
      came += 1;
      world.ask(`new${came}`, 'b', gpus(2), { submittedAt: 0 });
    });
    const stayed = order.map(({ request }) => request).filter((id) => !left.has(id) && !id.startsWith('new'));
    expect(left.size).toBeGreaterThan(5);
    expect(stayed).toEqual(before.filter((id) => !left.has(id)));
    expect(order.map(({ position }) => position)).toEqual(order.map((_, index) => index + 1));
  });
});
