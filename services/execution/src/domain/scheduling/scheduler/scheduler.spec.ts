import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';
import { defaultSettings } from './settings.ts';

describe('a scheduler', () => {
  it('places the oldest first, and a rank is worth so much waiting', () => {
    const world = new World({ ageingMs: hour });
    world.machine('m', 1);
    world.ask('old', 'a', gpus(1), { submittedAt: world.now - 30 * minute });
    world.ask('important', 'a', gpus(1), { rank: 1 });
    expect(world.round()).toEqual(['place important', 'reserve old']);
    world.end('important');
    world.ask('late', 'a', gpus(1), { rank: 1, submittedAt: world.now + 31 * minute });
    expect(world.round()).toEqual(['place old']);
    expect(world.round()).toEqual(['reserve late']);
  });

  it('lets the queue go first that holds least of what there is', () => {
    const world = new World();
    world.machine('m', 4);
    for (const n of [1, 2, 3, 4]) world.ask(`a${n}`, 'a', gpus(1), { submittedAt: world.now - 10 * minute });
    for (const n of [1, 2]) world.ask(`b${n}`, 'b', gpus(1));
    expect(world.round().filter((each) => each.startsWith('place'))).toEqual(['place a1', 'place b1', 'place a2', 'place b2']);
  });

  it('proposes the same until it is told', () => {
    const world = new World();
    world.machine('m', 2);
    world.ask('one', 'a', gpus(1));
    world.ask('large', 'b', gpus(2));
    const first = world.scheduler.decide(world.now, 1_000);
    expect(world.scheduler.decide(world.now, 1_000)).toEqual(first);
    expect(first.map(({ kind }) => kind)).toEqual(['place', 'reserve']);
  });

  it('places a gang whole or not at all', () => {
    const world = new World();
    world.machine('m1', 2);
    world.machine('m2', 2);
    world.ask('gang', 'a', gpus(1), { nodes: 3 });
    expect(world.round()).toEqual([]);
    expect(world.reasons()).toEqual({ gang: 'no-machine' });
    world.machine('m3', 1);
    expect(world.round()).toEqual(['place gang']);
  });

  it('never passes a limit, and lets others pass those whom it stops', () => {
    const world = new World();
    world.machine('m', 8);
    world.scheduler.setQuotas([{ id: 'a', parent: null, weight: 1, guaranteed: {}, limit: { a100: 2_000 } }], world.now);
    for (const n of [1, 2, 3]) world.ask(`a${n}`, 'a', gpus(1));
    world.ask('b', 'b', gpus(1));
    expect([...world.round()].sort()).toEqual(['place a1', 'place a2', 'place b']);
    expect(world.reasons()).toEqual({ a3: 'quota' });
    world.end('a1');
    expect(world.round()).toEqual(['place a3']);
  });

  it('says of what it places whether a policy chose the machine, or a reservation', () => {
    const world = new World({ graceMs: 0 });
    const policies = () =>
      world.scheduler.decide(world.now, 10).flatMap((each) => (each.kind === 'place' ? [`${each.request} ${each.reasons.policy}`] : []));
    world.machine('m', 4);
    world.ask('runs', 'a', gpus(2), { limitMs: 2 * hour });
    expect(policies()).toEqual([`runs ${defaultSettings.policy}`]);
    world.round();
    world.ask('large', 'a', gpus(3), { limitMs: hour });
    world.round();
    world.ask('small', 'b', gpus(1), { limitMs: 5 * hour });
    expect(policies()).toEqual(['small backfilled']);
    world.round();
    world.now += 2 * hour;
    world.end('runs');
    expect(policies()).toEqual(['large reserved']);
  });

  it('backfills only what ends before the reserved moment, and what leaves enough', () => {
    const world = new World({ graceMs: 0 });
    world.machine('m', 4);
    world.ask('runs', 'a', gpus(2), { limitMs: 2 * hour });
    expect(world.round()).toEqual(['place runs']);
    world.ask('large', 'a', gpus(4), { limitMs: hour });
    expect(world.round()).toEqual(['reserve large']);
    world.ask('long', 'b', gpus(1), { limitMs: 3 * hour });
    world.ask('short', 'b', gpus(1), { limitMs: 2 * hour });
    expect(world.round()).toEqual(['reserve long', 'place short']);
    expect(world.reasons()).toEqual({ large: 'all-busy', long: 'held-for-earlier' });
    world.pass(2 * hour);
    world.end('runs');
    world.end('short');
    expect(world.round()).toContain('place large');
  });

  it('reclaims what is guaranteed from those who borrow, the cheapest first, once they have run for long enough', () => {
    const world = new World();
    world.machine('m', 4);
    world.scheduler.setQuotas([{ id: 'a', parent: null, weight: 1, guaranteed: { a100: 2_000 }, limit: {} }], world.now);
    world.ask('b1', 'b', gpus(2));
    world.round();
    world.pass(minute);
    world.ask('b2', 'b', gpus(2));
    world.round();
    world.pass(4 * minute);
    world.ask('a', 'a', gpus(1));
    expect(world.round()).toEqual(['preempt b1', 'reserve a']);
    expect(world.reasons()).toEqual({ a: 'preempting' });
    expect(world.round()).toEqual([]);
    world.pass(defaultSettings.graceMs);
    world.preempted('b1');
    expect(world.round()).toContain('place a');
    expect(world.scheduler.load()).toMatchObject({ waiting: 1, placed: 2 });
  });

  it('says that a deadline can no longer be kept', () => {
    const world = new World();
    world.ask('late', 'a', gpus(1), { deadlineAt: world.now + hour + minute });
    expect(world.round()).toEqual([]);
    expect(world.scheduler.dueAt(world.now)).not.toBeNull();
    world.pass(minute + 1);
    expect(world.round()).toEqual(['expire late']);
  });

  it('decides the same after it was written down and read', () => {
    const world = new World();
    world.machine('m1', 4);
    world.machine('m2', 2);
    world.scheduler.setQuotas([{ id: 'a', parent: null, weight: 1, guaranteed: { a100: 2_000 }, limit: {} }], world.now);
    for (const n of [1, 2, 3, 4, 5]) world.ask(`b${n}`, 'b', gpus(2));
    world.round();
    world.pass(hour / 2);
    world.ask('a', 'a', gpus(2));
    const again = world.restored();
    expect(again.decide(world.now, 10)).toEqual(world.scheduler.decide(world.now, 10));
    expect(again.load()).toEqual(world.scheduler.load());
  });

  it('keeps what alike requests ask for once, and nothing that it was not asked to know', () => {
    const world = new World();
    for (const id of ['one', 'other']) world.ask(id, 'a', gpus(1));
    const [one, other] = world.scheduler.snapshot().requests.map(({ request }) => request);
    expect(other?.ask).toBe(one?.ask);
    world.scheduler.submit({ ...JSON.parse(JSON.stringify(one)), id: 'third', note: 'of no use' });
    const third = world.scheduler.snapshot().requests.at(-1)?.request;
    expect(third).toEqual({ ...one, id: 'third' });
    expect(third?.ask).toBe(one?.ask);
  });

  it('keeps an island whole for whom it was promised, but for work that makes way', () => {
    const world = new World();
    world.machine('m', 8);
    world.scheduler.setPromises([{ org: 'a', model: 'a100', size: 8, count: 1 }]);
    world.ask('b1', 'b', gpus(1));
    world.ask('b2', 'b', gpus(1), { isPreemptible: true });
    expect(world.round()).toContain('place b2');
    expect(world.reasons()).toEqual({ b1: 'promised' });
    world.end('b2');
    world.ask('a1', 'a', gpus(8));
    expect(world.round()).toContain('place a1');
  });
});
