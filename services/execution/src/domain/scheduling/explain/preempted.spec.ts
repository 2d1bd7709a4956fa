import { at, attemptLost, placed, preempted, submitted } from '../../../../test/facts.ts';
import { preemptedOf } from './preempted.ts';

const lost = attemptLost({ reason: 'preempted', at: at(9) });

describe('a run that gave its place back', () => {
  it('is told when, for whose claim, which time of how many, and since when it waits again', () => {
    const told = preemptedOf([submitted(), placed(), preempted({ at: at(4) }), lost], 3);
    expect(told).toMatchObject({ at: at(4), reason: 'reclaim', times: 1, most: 3, since: at(9) });
    expect(told?.message).toBe(
      `It was preempted at ${at(4)}, 1 of at most 3 times, and waits again since ${at(9)}. It had more than its organization is guaranteed, and somebody claims what is theirs. It waits again, in its old place in the queue, and the time of this attempt is not billed.`,
    );
  });

  it('is told so while it still does', () => {
    expect(preemptedOf([submitted(), placed(), preempted()], 3)).toMatchObject({
      since: null,
      message: expect.stringContaining('and is giving its place back'),
    });
  });

  it('is told of earlier times in the count alone, and of none once it has a machine again', () => {
    const twice = [submitted(), placed(), preempted(), lost, placed({ attempt: 2 })];
    expect(preemptedOf(twice, 3)).toBeNull();
    expect(preemptedOf([...twice, preempted({ attempt: 2, reason: 'own-org' })], 3)).toMatchObject({ times: 2, reason: 'own-org' });
  });

  it('is told that a drain does not count', () => {
    expect(preemptedOf([submitted(), placed(), preempted({ reason: 'drain' }), lost], 3)).toMatchObject({
      times: 0,
      message: expect.stringContaining('which does not count'),
    });
  });

  it('is told nothing where it lost its machine otherwise', () => {
    expect(preemptedOf([submitted(), placed(), attemptLost()], 3)).toBeNull();
  });
});
