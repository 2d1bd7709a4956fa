import { hour, minute, quota, Timeline } from '../../../../test/scheduling/timeline.ts';

/** Two GPUs are free, and somebody of another queue wants both. */
const withTwoFree = (): Timeline => {
  const world = new Timeline().machine('m', 4).quotas(quota('acme', 1), quota('globex', 0), quota('runs', 2));
  world.submit({ id: 'runs', queue: 'runs', gpus: 2, runMs: 10 * hour });
  world.pass(minute);
  world.submit({ id: 'a-other', queue: 'globex', gpus: 2, runMs: hour });
  return world;
};

describe('whoever is within its guarantee, behind one of its queue that is not', () => {
  it('goes before those by share where there is nothing for that one', () => {
    const world = withTwoFree();
    world.submit({ id: 'b-large', queue: 'acme', gpus: 4 });
    world.submit({ id: 'c-small', queue: 'acme' });
    world.pass(minute);
    expect(world.starts.map(({ id }) => id)).toEqual(['runs', 'c-small']);
  });

  it('waits with that one for its turn where there is', () => {
    const world = withTwoFree();
    world.submit({ id: 'b-large', queue: 'acme', gpus: 2 });
    world.submit({ id: 'c-small', queue: 'acme' });
    world.pass(minute);
    expect(world.starts.map(({ id }) => id)).toEqual(['runs', 'a-other']);
  });

  it('does so whoever has been looked at before', () => {
    const world = withTwoFree();
    // Given one that found nothing a minute ago
    world.cancel('a-other');
    world.submit({ id: 'b-large', queue: 'acme', gpus: 4 });
    world.pass(minute);
    world.submit({ id: 'a-other', queue: 'globex', gpus: 2, runMs: hour, rank: 1 });
    world.submit({ id: 'c-small', queue: 'acme' });
    world.pass(minute);
    expect(world.starts.map(({ id }) => id)).toEqual(['runs', 'c-small']);
  });
});
