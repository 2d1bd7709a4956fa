import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';

const second = 1_000;

/** One waits for whom another one makes way, and has been looked at since: nothing is found out about it any more. */
const awaiting = (): World => {
  const world = new World({ graceMs: 30 * second, minRunMs: 5 * minute });
  world.machine('m1', 2);
  world.machine('m2', 1);
  world.ask('yields', 'b', gpus(2, { machine: 'm1' }), { isPreemptible: true, limitMs: hour });
  world.ask('stays', 'b', gpus(1, { machine: 'm2' }), { limitMs: hour });
  world.round();
  world.pass(10 * minute);
  world.ask('first', 'a', gpus(1), { limitMs: hour });
  expect(world.round()).toEqual(['preempt yields', 'reserve first']);
  for (let rounds = 0; rounds < 2; rounds += 1) {
    expect(world.round()).toEqual([]);
    world.pass(second);
  }
  return world;
};

describe('whoever waits for those who make way, where nobody has a quota', () => {
  it('starts as soon as they have gone', () => {
    const world = awaiting();
    world.preempted('yields');
    expect(world.round()).toContain('place first');
  });

  it('starts elsewhere when there is room before', () => {
    const world = awaiting();
    world.end('stays');
    expect(world.round()).toContain('place first');
  });
});
