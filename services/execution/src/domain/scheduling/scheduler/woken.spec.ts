import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';

const second = 1_000;

describe('whoever waits is looked at again', () => {
  it('where somebody of a group from which it wishes to be apart has gone, in whichever machine of the rack that was', () => {
    const world = new World();
    const size = { cpuMilli: 64_000, memoryMib: 512_000, rack: 'k' };
    world.scheduler.addMachine({ ...size, id: 'small', gpuModels: ['A100'] });
    world.scheduler.addMachine({ ...size, id: 'large', gpuModels: ['A100', 'A100'] });
    world.ask('x', 'a', gpus(1, { machine: 'small', group: 'g' }));
    world.round();
    world.ask('apart', 'b', gpus(2, { apart: { group: 'g', scope: 'rack' } }));
    expect(world.round()).toEqual([]);
    world.end('x');
    expect(world.round()).toEqual(['place apart']);
  });

  it('when it comes back before those who were the first of its kind, and may keep machines before them', () => {
    const world = new World();
    world.machine('m', 2);
    world.ask('first', 'a', gpus(1));
    world.ask('other', 'b', gpus(1));
    world.round();
    world.ask('second', 'a', gpus(1));
    world.ask('third', 'a', gpus(1));
    expect(world.round()).toEqual(['reserve second']);
    world.scheduler.returned('first', { at: world.now, notBefore: world.now + second, failedOn: null, isPreempted: false });
    expect(world.round()).toContain('place second');
    while (world.round().length > 0);
    world.pass(second);
    expect(world.round()).toEqual(['reserve first']);
  });

  it('when one before it has begun that asked nobody to make way, for its moment was near', () => {
    const world = new World({ graceMs: 30 * second, minRunMs: 5 * minute });
    world.machine('m1', 1);
    world.machine('m2', 1);
    world.ask('x', 'b', gpus(1, { machine: 'm1' }), { limitMs: 10 * minute });
    world.round();
    world.pass(5 * minute + 15 * second);
    world.ask('ripening', 'c', gpus(1), { isPreemptible: true, limitMs: 2 * hour });
    world.round();
    world.ask('first', 'a', gpus(1));
    world.ask('second', 'a', gpus(1));
    expect(world.round()).toEqual(['reserve first']);
    world.pass(5 * minute);
    expect(world.round()).toEqual([]);
    world.end('x');
    const decisions = [...world.round(), ...world.round()];
    expect(decisions).toContain('place first');
    expect(decisions).toContain('preempt ripening');
  });
});
