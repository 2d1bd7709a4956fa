import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';

const limited = (id: string, milli: number) => ({ id, parent: null, weight: 1, guaranteed: {}, limit: { a100: milli } });

describe('machines that a request keeps for itself', () => {
  it('are not kept from others once its moment has come and its quota is used up', () => {
    const world = new World();
    world.machine('m1', 8);
    world.machine('m2', 2);
    world.scheduler.setQuotas([limited('a', 8_000)], world.now);
    world.ask('f', 'b', gpus(8, { machine: 'm1' }), { limitMs: hour });
    world.ask('g', 'b', gpus(2, { machine: 'm2' }), { limitMs: hour });
    world.round();
    world.ask('r', 'a/x', gpus(8), { limitMs: hour });
    expect(world.round()).toEqual(['reserve r']);
    world.pass(minute);
    world.end('g');
    world.ask('s', 'a/y', gpus(1), { limitMs: 24 * hour });
    expect(world.round()).toEqual(['place s']);
    world.pass(30 * minute);
    world.end('f');
    world.ask('c', 'c', gpus(1, { machine: 'm1' }), { limitMs: hour });
    // Before its moment it is kept, for the quota may be free by then
    expect(world.round()).toEqual(['reserve c']);
    world.pass(hour);
    expect(world.round()).toEqual(['place c']);
    // When its quota is free again, it is promised a new moment
    world.end('s');
    expect(world.round()).toEqual(['reserve r']);
  });

  it('are found where nothing is promised to others, though machines that are stand empty', () => {
    const world = new World();
    world.machine('m1', 8);
    world.machine('m2', 8);
    world.scheduler.setPromises([{ org: 'a', model: 'a100', size: 8, count: 1 }]);
    for (let index = 0; index < 8; index += 1) world.ask(`s${index}`, 'c', gpus(1), { limitMs: (index + 1) * hour });
    expect(world.round()).toHaveLength(8);
    world.pass(minute);
    world.ask('big', 'b', gpus(8), { limitMs: hour });
    const told = [...world.round()];
    for (let index = 0; index < 20; index += 1) {
      world.pass(hour);
      world.end(`s${index}`);
      world.ask(`s${index + 8}`, 'c', gpus(1), { limitMs: 8 * hour });
      told.push(...world.round());
    }
    expect(told).toContain('place big');
  });
});
