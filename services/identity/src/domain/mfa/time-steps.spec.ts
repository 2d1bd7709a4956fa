import fc from 'fast-check';
import { stepAt, stepsAround } from './time-steps.ts';

describe('time steps', () => {
  it('are thirty seconds long and counted from the epoch', () => {
    expect([stepAt(0), stepAt(29_999), stepAt(30_000), stepAt(1_111_111_109_000)]).toEqual([0, 0, 1, 37_037_036]);
  });

  it('are taken one early and one late, and never before time began', () => {
    expect(stepsAround(90_000)).toEqual([2, 3, 4]);
    expect(stepsAround(10_000)).toEqual([0, 1]);
  });

  it('are each taken for a minute and a half in all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 90_000, max: 4_000_000_000_000 }), fc.integer({ min: -90_000, max: 90_000 }), (at, away) => {
        const isTaken = stepsAround(at + away).includes(stepAt(at));
        expect(isTaken).toBe(Math.abs(stepAt(at + away) - stepAt(at)) <= 1);
      }),
    );
  });
});
