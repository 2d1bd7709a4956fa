import { gpus, World } from '../../../../test/scheduling/world.ts';
import { Proposal } from './proposal.ts';

const full = (): World => {
  const world = new World({ reservations: 0 });
  world.machine('m1', 2);
  world.machine('m2', 2);
  for (const id of ['x1', 'x2']) world.ask(id, 'x', gpus(2));
  world.round();
  world.ask('large', 'a', gpus(2));
  world.ask('small', 'b', gpus(1));
  world.round();
  world.scheduler.ended('x1', world.now);
  return world;
};

describe('what a round found out beside what it proposed', () => {
  it('holds when that has become a fact', () => {
    const world = full();
    expect(world.round().filter((each) => each.startsWith('place'))).toEqual(['place large']);
    expect(world.round()).toEqual([]);
    world.scheduler.ended('large', world.now);
    expect(world.round()).toEqual(['place small']);
  });

  it('is forgotten when it was told otherwise', () => {
    const world = full();
    expect(world.scheduler.decide(world.now, 100).map((each) => each.request)).toContain('large');
    // It was called off before it heard of its machine
    world.scheduler.ended('large', world.now);
    expect(world.round()).toEqual(['place small']);
  });

  it('holds, too, when somebody began a little later than was proposed, and not when it began before', () => {
    const seats = [{ machine: 'm', gpus: [0] }];
    const found = { position: 0, inVain: new Set<never>(), closed: [], putOff: [] };
    const reasons = { policy: 'fgd', candidates: 1, score: 0 };
    const isFactAt = (at: number): boolean => {
      const proposal = new Proposal([{ kind: 'place', request: 'r', choice: 0, seats, reasons, isBorrowed: true }], 100, found);
      proposal.hear('r', { kind: 'place', at, choice: 0, seats });
      return proposal.isFact;
    };
    expect([99, 100, 103].map(isFactAt)).toEqual([false, true, true]);
  });
});
