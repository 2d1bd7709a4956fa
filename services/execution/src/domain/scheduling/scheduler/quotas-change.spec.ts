import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';

const guaranteed = (id: string, milli: number) => ({ id, parent: null, weight: 1, guaranteed: { a100: milli }, limit: {} });

describe('a guarantee that is raised', () => {
  it('covers what ran beyond it: that is borrowed no more', () => {
    const world = new World();
    world.machine('m', 8);
    world.scheduler.setQuotas([guaranteed('a', 0)], world.now);
    world.ask('old', 'a', gpus(4));
    world.round();
    world.pass(minute);
    world.ask('new', 'a', gpus(4));
    world.round();
    const borrowed = () => world.scheduler.snapshot().requests.map(({ request: { id }, placed }) => [id, placed?.isBorrowed]);
    expect(borrowed()).toEqual([
      ['old', true],
      ['new', true],
    ]);
    world.scheduler.setQuotas([guaranteed('a', 4_000)], world.now);
    expect(borrowed()).toEqual([
      ['old', false],
      ['new', true],
    ]);
  });
});

describe('solid ground', () => {
  const settings = { maxPreemptions: 1, minRunMs: 0 };

  it('is not what is left on broken GPUs', () => {
    const world = new World(settings);
    world.machine('m', 8);
    world.scheduler.closeGpus('m', [4, 5, 6, 7]);
    world.scheduler.setQuotas([guaranteed('a', 4_000)], world.now);
    world.ask('w', 'b', gpus(4), { isPreemptible: true, limitMs: 24 * hour });
    expect(world.round()).toEqual(['place w']);
    world.pass(minute);
    world.preempted('w');
    world.pass(minute);
    expect(world.round()).toEqual([]);
    world.scheduler.closeGpus('m', []);
    expect(world.round()).toEqual(['place w']);
  });

  it('is not less for what runs on machines that are closed', () => {
    const world = new World(settings);
    world.machine('m1', 4);
    world.machine('m2', 4);
    world.scheduler.setQuotas([guaranteed('a', 0)], world.now);
    world.ask('there', 'b', gpus(4, { machine: 'm1' }), { limitMs: 24 * hour });
    world.ask('w', 'b', gpus(4, { machine: 'm2' }), { isPreemptible: true, limitMs: 24 * hour });
    expect(world.round()).toHaveLength(2);
    world.scheduler.openMachine('m1', false);
    world.pass(minute);
    world.preempted('w');
    world.pass(minute);
    expect(world.round()).toEqual(['place w']);
  });
});

describe('whoever was preempted as often as may be, where nobody has a quota', () => {
  const preemptedOnce = (nodes: number): World => {
    const world = new World({ maxPreemptions: 1, minRunMs: 0 });
    world.machine('m', 4);
    world.scheduler.addMachine({ id: 'n', cpuMilli: 64_000, memoryMib: 512_000, gpuModels: ['H100', 'H100', 'H100', 'H100'] });
    world.ask('w', 'b', gpus(4), { nodes, isPreemptible: true, limitMs: hour });
    expect(world.round()).toEqual(['place w']);
    world.pass(minute);
    world.preempted('w');
    return world;
  };

  it('has machines kept for it that are not free yet: nobody can take them back', () => {
    const world = preemptedOnce(2);
    world.ask('first', 'a', gpus(4, { machine: 'n' }), { limitMs: hour, submittedAt: 0 });
    expect(world.round()).toEqual(['place first', 'reserve w']);
  });

  it('starts on GPUs of several models', () => {
    expect(preemptedOnce(2).round()).toEqual(['place w']);
  });
});

describe('a deadline that is near', () => {
  it('ends no wait for solid ground: whoever writes one could keep others from what they are guaranteed', () => {
    const world = new World({ maxPreemptions: 0, urgentMs: 10 * minute });
    world.machine('m', 4);
    world.scheduler.setQuotas([guaranteed('a', 0), guaranteed('b', 4_000)], world.now);
    world.ask('w', 'a', gpus(1), { isPreemptible: true, limitMs: hour, deadlineAt: world.now + hour + 5 * minute });
    expect(world.round()).toEqual([]);
    world.ask('theirs', 'b', gpus(4));
    expect(world.round()).toEqual(['place theirs']);
  });
});

describe('a limit that stops somebody for too long', () => {
  it('is kept for it from then on, though nothing happened but time', () => {
    const world = new World({ overdueMs: 2 * hour });
    world.machine('m', 16);
    world.scheduler.setQuotas([{ ...guaranteed('a', 0), limit: { a100: 8_000 } }], world.now);
    world.ask('first', 'a', gpus(6), { limitMs: 100 * hour });
    world.round();
    world.ask('big', 'a', gpus(4), { limitMs: 100 * hour });
    expect(world.round()).toEqual([]);
    expect(world.scheduler.dueAt(world.now)).toBe(world.now + 2 * hour);
    world.pass(3 * hour);
    world.ask('small', 'a', gpus(2), { limitMs: 100 * hour });
    for (const scheduler of [world.restored(), world.scheduler]) expect(scheduler.decide(world.now, 100)).toEqual([]);
  });
});

describe('a request for more than its limit', () => {
  it('waits for ever, and keeps nothing of the limit from others when its time is up', () => {
    const world = new World({ overdueMs: 2 * hour });
    world.machine('m', 2);
    world.scheduler.setQuotas([{ ...guaranteed('a', 0), limit: { a100: 1_000 } }], world.now);
    world.ask('large', 'a', gpus(2));
    expect(world.round()).toEqual([]);
    world.pass(3 * hour);
    world.ask('small', 'a', gpus(1));
    expect(world.round()).toEqual(['place small']);
    expect(world.reasons()).toEqual({ large: 'quota' });
  });
});
