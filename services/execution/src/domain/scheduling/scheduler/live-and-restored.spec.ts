import { gpus, hour, minute, World } from '../../../../test/scheduling/world.ts';

const second = 1_000;
const graceMs = 30 * second;

/** What both decide: the one at work, and one that was read from what it wrote down. */
const bothDecide = (world: World): readonly string[] => {
  const restored = world.restored().decide(world.now, 1_000);
  const decisions = world.round();
  expect(decisions).toEqual(restored.map(({ kind, request }) => `${kind} ${request}`));
  return decisions;
};

const settle = (world: World): void => {
  while (world.round().length > 0);
};

describe('the scheduler at work decides what one decides that looks at everything anew', () => {
  it('where somebody has others make way and gives up what it kept: in the next answer others may have that', () => {
    const world = new World({ reservations: 1, graceMs });
    world.machine('m1', 2);
    world.machine('m2', 2);
    world.ask('long', 'a', gpus(1, { machine: 'm2' }));
    world.ask('yielding', 'a', gpus(2, { machine: 'm1' }), { isPreemptible: true, limitMs: 2 * hour });
    world.round();
    world.ask('taker', 'b', gpus(2));
    settle(world);
    world.pass(second);
    world.ask('beside', 'c', gpus(1), { isPreemptible: true, limitMs: 3 * hour });
    settle(world);
    world.pass(5 * minute);
    expect(bothDecide(world)).toEqual(['preempt yielding', 'reserve taker']);
    expect(bothDecide(world)).toContain('place beside');
  });

  it('where somebody begins on what it kept: a gang that it was in the way of comes in the next answer', () => {
    const world = new World({ reservations: 2, graceMs });
    world.machine('m1', 2);
    world.machine('m2', 2);
    world.ask('kept', 'a', gpus(1, { machine: 'm1' }));
    world.scheduler.reserved('kept', { at: world.now, choice: 0, seats: [{ machine: 'm1', gpus: [0] }] });
    world.pass(second);
    world.ask('gang', 'b', gpus(1), { nodes: 2 });
    expect(bothDecide(world)).toEqual(['place kept', 'reserve gang']);
    expect(bothDecide(world)).toEqual(['place gang']);
  });

  it('where it is too late for somebody who keeps machines: the next of its queue keeps none before that is told', () => {
    const world = new World({ graceMs });
    world.machine('m', 4);
    world.ask('first', 'x', gpus(3));
    world.round();
    world.ask('late', 'a', gpus(2), { limitMs: 20 * minute, deadlineAt: world.now + 30 * minute });
    world.round();
    world.ask('next', 'a', gpus(4), { limitMs: 10 * minute, deadlineAt: world.now + 30 * minute });
    settle(world);
    world.pass(12 * minute);
    expect(bothDecide(world)).toEqual(['expire late']);
    expect(bothDecide(world)).toEqual(['reserve next']);
  });

  it('where room that comes about for somebody is given to another one before it', () => {
    const world = new World({ reservations: 0, graceMs });
    world.machine('m', 4);
    world.ask('leaving', 'x', gpus(2), { isPreemptible: true });
    world.ask('staying', 'x', gpus(1), { isPreemptible: true });
    world.round();
    world.pass(5 * minute);
    world.scheduler.preempting('leaving', world.now);
    world.ask('waiting', 'a', gpus(3));
    expect(world.round()).toEqual([]);
    world.ask('small', 'b', gpus(1), { submittedAt: world.now - minute });
    expect(bothDecide(world)).toEqual(['place small', 'preempt staying', 'reserve waiting']);
  });

  it('where room that comes about for somebody is, by time alone, kept for another one', () => {
    const world = new World({ reservations: 0, graceMs });
    world.machine('m1', 4);
    world.machine('m2', 3);
    world.ask('leaving', 'x', gpus(3, { machine: 'm1' }), { isPreemptible: true });
    world.ask('beside', 'x', gpus(1, { machine: 'm1' }), { isPreemptible: true });
    world.ask('staying', 'x', gpus(3, { machine: 'm2' }), { isPreemptible: true });
    world.round();
    world.pass(5 * minute);
    world.scheduler.preempting('leaving', world.now);
    world.ask('kept', 'b', gpus(3, { machine: 'm1' }));
    world.scheduler.reserved('kept', { at: world.now + 12 * minute, choice: 0, seats: [{ machine: 'm1', gpus: [0, 1, 2] }] });
    world.ask('waiting', 'a', gpus(3), { limitMs: 10 * minute });
    expect(world.round()).toEqual([]);
    expect(world.round()).toEqual([]);
    world.pass(2 * minute);
    expect(bothDecide(world)).toEqual(['preempt staying', 'reserve waiting']);
  });

  it('where one that has missed its moment can, by time alone, no longer end before that of another one', () => {
    const world = new World({ graceMs });
    world.machine('m1', 1);
    world.machine('m2', 1);
    world.ask('outliving', 'x', gpus(1, { machine: 'm2' }), { limitMs: 10 * minute });
    world.round();
    const missedAt = world.now + 10 * minute + graceMs;
    const seat = { machine: 'm1', gpus: [0] };
    world.ask('after', 'b', gpus(1, { machine: 'm1' }), { limitMs: 2 * hour });
    world.scheduler.reserved('after', { at: missedAt + hour + graceMs, choice: 0, seats: [seat] });
    world.ask('pair', 'a', gpus(1), { nodes: 2 });
    world.scheduler.reserved('pair', { at: missedAt, choice: 0, seats: [seat, { machine: 'm2', gpus: [0] }] });
    world.pass(10 * minute + 2 * graceMs);
    settle(world);
    expect(bothDecide(world)).toEqual([]);
    expect(world.scheduler.dueAt(world.now)).toBe(world.now + 1);
    world.pass(1);
    expect(bothDecide(world)).toEqual(['place after']);
  });
});
