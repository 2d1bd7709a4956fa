import { nextTurn } from './turn.ts';

describe('a turn', () => {
  const turns = { soonest: 1_000, every: 50, latest: 1_120 };

  it('comes after the one before, and in a new round where that would be too late', () => {
    const given: number[] = [];
    for (let last = 0, n = 0; n < 5; n += 1) {
      last = nextTurn(last, turns);
      given.push(last);
    }
    expect(given).toEqual([1_000, 1_050, 1_100, 1_000, 1_050]);
  });

  it('is the first one again after a while without any', () => {
    expect(nextTurn(800, turns)).toBe(1_000);
  });
});
