import { hour, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

describe('what is kept for work beyond its guarantee', () => {
  it('keeps nobody within one from the room that others have just left for it', () => {
    const world = new Timeline().machine('m').quotas(quota('acme', 4));
    world.submit({ id: 'own', gpus: 2, runMs: 10 * hour });
    world.submit({ id: 'half-hour', queue: 'beta', gpus: 3, runMs: 30 * minute });
    world.submit({ id: 'hour', queue: 'beta', gpus: 3, runMs: hour });
    world.pass(minute);
    // Given two that were told when those end: beside the new one there will be room for either, and not for both
    world.submit({ id: 'first', queue: 'gamma', gpus: 3, runMs: 2 * hour });
    world.submit({ id: 'second', queue: 'delta', gpus: 3, runMs: 2 * hour });
    world.pass(5 * minute);
    world.submit({ id: 'new', gpus: 1, runMs: 2 * hour });
    world.pass(hour);
    // Then it has its place when that is free, and nobody went for nothing
    expect(world.startOf('new')).toBe(6 * minute + world.settings.graceMs);
    expect(world.preemptions.filter(({ by }) => by === 'new')).toHaveLength(1);
  });

  it('is there for those within one also where another one of these keeps a part of the machine', () => {
    // Given a machine that is kept, one after the other, for one within its guarantee, and then as a whole for one beyond it
    const world = new Timeline({ minRunMs: 10 * hour }).machine('m').quotas(quota('acme', 8));
    world.submit({ id: 'runs', queue: 'beta', gpus: 4, runMs: hour });
    world.pass(minute);
    world.submit({ id: 'within', gpus: 5, runMs: hour });
    world.submit({ id: 'beyond', queue: 'gamma', gpus: 8, runMs: hour });
    world.pass(minute);
    world.submit({ id: 'small', gpus: 1, runMs: 5 * hour });
    world.pass(2 * hour);
    // Then a small one that leaves enough to the first need not wait for the second
    expect(world.startOf('small')).toBe(2 * minute);
    expect(world.startOf('within')).toBe(hour);
  });
});
