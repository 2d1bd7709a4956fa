import { quota, Timeline } from '../../../../test/scheduling/timeline.ts';
import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';

const guaranteed = (id: string, milli: number) => ({ id, parent: null, weight: 1, guaranteed: { a100: milli }, limit: {} });

describe('a guaranteed request for which others make way', () => {
  it('asks again when they were never told to', () => {
    const world = new World({ minRunMs: 0 });
    world.machine('m', 8);
    world.scheduler.setQuotas([guaranteed('a', 8_000)], world.now);
    world.ask('v', 'b', gpus(8), { limitMs: 1_000 * hour });
    world.round();
    world.ask('r', 'a', gpus(8));
    const decisions = world.scheduler.decide(world.now, 100);
    expect(decisions.map(({ kind }) => kind)).toEqual(['preempt', 'reserve']);
    // What is kept becomes a fact, the preemption does not
    for (const decision of decisions) if (decision.kind === 'reserve') world.tell(decision);
    for (const scheduler of [world.scheduler, world.restored()]) {
      expect(scheduler.decide(world.now + 10 * minute, 100).map(({ kind }) => kind)).toEqual(['preempt', 'reserve']);
    }
  });

  it('asks for it although a moment was reserved for it before it was guaranteed', () => {
    const world = new World({ minRunMs: 0 });
    world.machine('m', 8);
    world.ask('v', 'b', gpus(8), { limitMs: hour });
    world.round();
    world.ask('r', 'a', gpus(8));
    expect(world.round()).toEqual(['reserve r']);
    // What runs there outlives its limit
    world.pass(2 * hour);
    world.scheduler.setQuotas([guaranteed('a', 8_000)], world.now);
    expect(world.round()).toEqual(['preempt v', 'reserve r']);
    expect(world.reasons()).toEqual({ r: 'preempting' });
  });

  it('keeps its machines from others who are guaranteed, once it is guaranteed itself', () => {
    const world = new World({ minRunMs: 100 * hour });
    world.machine('m', 8);
    world.ask('v', 'c', gpus(4), { limitMs: hour });
    world.round();
    world.ask('r', 'a', gpus(8));
    expect(world.round()).toEqual(['reserve r']);
    world.scheduler.setQuotas([guaranteed('a', 8_000), guaranteed('b', 4_000)], world.now);
    // Where it was guaranteed nothing, this one would have gone first
    world.pass(minute);
    world.ask('late', 'b', gpus(4), { limitMs: 10 * hour });
    expect(world.round().filter((each) => each.startsWith('place'))).toEqual([]);
  });
});

describe('whoever made way for a guarantee', () => {
  it("is not within it for the moment in which nobody is, and takes nobody else's place", () => {
    // Given an org and a part of it that are guaranteed two GPUs each, and one beyond them that borrows the rest
    const world = new Timeline().machine('m', 8);
    world.quotas(quota('acme', 2), quota('acme/speech', 2, { parent: 'acme' }));
    world.submit({ id: 'a-1', gpus: 1, runMs: 1_000 * hour, isPreemptible: true });
    world.submit({ id: 'a-2', gpus: 1, runMs: 1_000 * hour });
    world.submit({ id: 'a-3', gpus: 1, runMs: 1_000 * hour });
    world.submit({ id: 'b', queue: 'beta', gpus: 5, runMs: 1_000 * hour });
    world.pass(minute);
    // When the part asks for what it is guaranteed, which the org took
    world.submit({ id: 'speech', queue: 'acme/speech', gpus: 2, runMs: 1_000 * hour });
    world.pass(10 * hour);
    // Then two of the org make way, and wait
    expect(world.preemptions.map(({ by, victim }) => [by, victim])).toEqual([
      ['speech', 'a-1'],
      ['speech', 'a-3'],
    ]);
  });
});

describe('a request that takes the place of others where somebody keeps room for later', () => {
  it('has all make way without whom both have room, and begins when it was told', () => {
    // Given half of a GPU that two share, and a pair that keeps a quarter of it until the other machine is free as well
    const world = new Timeline().machine('m-1', 1).machine('m-2', 1);
    world.submit({ id: 'other-machine', machine: 'm-2', runMs: hour });
    world.submit({ id: 'first', machine: 'm-1', share: 250, isPreemptible: true, runMs: 10 * hour });
    world.pass(10 * minute);
    world.submit({ id: 'second', machine: 'm-1', share: 250, isPreemptible: true, runMs: 10 * hour });
    world.submit({ id: 'pair', queue: 'beta', nodes: 2, share: 250, runMs: hour });
    world.pass(10 * minute);
    // When somebody comes who could begin beside one of the two, and would be in the way of the pair
    world.submit({ id: 'large', machine: 'm-1', share: 600, runMs: 4 * hour });
    world.pass(9 * hour);
    // Then both make way, and it and the pair begin at the moments that they were told
    expect(world.preemptions.map(({ by, victim }) => [by, victim])).toEqual([
      ['large', 'second'],
      ['large', 'first'],
    ]);
    expect(world.reserved.filter(({ id }) => id === 'pair' || id === 'large').map(({ id, at }) => [id, at])).toEqual([
      ['pair', hour + world.settings.graceMs],
      ['large', 20 * minute + world.settings.graceMs],
    ]);
    expect(world.startOf('large')).toBe(20 * minute + world.settings.graceMs);
    expect(world.startOf('pair')).toBe(hour);
  });
});

describe('a request for which nobody makes way', () => {
  it('is not told that somebody does, and holds none of the quota of its org', () => {
    const world = new World();
    world.machine('m1', 8);
    world.machine('m2', 4);
    world.scheduler.setQuotas([{ ...guaranteed('a', 0), limit: { a100: 8_000 } }], world.now);
    world.ask('f', 'b', gpus(8, { machine: 'm1' }), { limitMs: hour });
    world.ask('g', 'b', gpus(4, { machine: 'm2' }), { limitMs: 2 * hour });
    world.round();
    world.ask('r', 'a/x', gpus(8), { limitMs: hour });
    expect(world.round()).toEqual(['reserve r']);
    world.pass(minute);
    world.end('g');
    world.ask('s', 'a/y', gpus(1), { limitMs: 24 * hour });
    world.round();
    world.pass(2 * hour);
    world.ask('t', 'a/y', gpus(1, { machine: 'm2' }), { limitMs: hour });
    expect(world.round()).toEqual(['place t']);
    expect(world.reasons()).toEqual({ r: 'quota' });
  });

  it('holds none of it either where it keeps the machine for a moment after the one for whom it is emptied', () => {
    // Given a machine that is held by an org beyond its guarantee, and kept by another one of it for when the guaranteed one has ended
    const world = new World({ minRunMs: 0 });
    world.machine('m1', 3);
    world.machine('m2', 1);
    world.ask('holder', 'a', gpus(2), { limitMs: 10 * minute });
    world.round();
    world.ask('guaranteed', 'c', gpus(2), { limitMs: 10 * minute });
    world.round();
    world.ask('later', 'a', gpus(3), { limitMs: 10 * minute });
    world.round();
    world.scheduler.setQuotas([guaranteed('c', 2_000), { ...guaranteed('a', 0), limit: { a100: 5_000 } }], world.now);
    expect([...world.round(), ...world.round()]).toEqual(['preempt holder', 'reserve guaranteed', 'reserve later']);
    // When one comes for which the limit of the org leaves enough beside what it holds
    world.ask('small', 'a', gpus(1, { gpuMilli: 250 }), { limitMs: 10 * minute });
    // Then it does not wait for a request that nobody makes way for
    expect(world.round()).toEqual(['place small']);
    expect(world.reasons()).toEqual({ guaranteed: 'preempting', later: 'quota' });
  });
});
