import fc from 'fast-check';
import { exact, lengthOfTime, linear, unitOf } from './scale.ts';

describe('An axis', () => {
  it('has from two to a dozen round ticks, and room for every value', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (most) => {
        const { ticks, place } = linear('', most);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(12);
        expect(place(most)).toBeLessThanOrEqual(1 + 1e-9);
        expect([place(0), ticks[0]?.at, place(ticks.at(-1)?.at ?? 0)]).toEqual([0, 0, expect.closeTo(1, 9)]);
      }),
    );
  });

  it('may begin elsewhere than at nothing, and end where its values do', () => {
    expect(linear('', 96, 81).ticks.map(({ label }) => label)).toEqual(['80', '82.5', '85', '87.5', '90', '92.5', '95', '97.5']);
    const { ticks, place } = exact('', 130, 65);
    expect([place(65), place(130)]).toEqual([0, 1]);
    expect(ticks.map(({ at }) => at)).toEqual([70, 80, 90, 100, 110, 120, 130]);
  });

  it('of lengths of time is logarithmic, in the units that people use', () => {
    const { ticks, place } = lengthOfTime('', 7_200);
    expect(ticks.map(({ label }) => label)).toEqual(['≤ 1 s', '10 s', '1 min', '10 min', '1 h', '6 h']);
    expect([place(0), place(1), place(21_600)]).toEqual([0, 0, 1]);
    expect([unitOf(30), unitOf(600), unitOf(20_000), unitOf(1e6)].map(({ unit }) => unit)).toEqual(['seconds', 'minutes', 'hours', 'days']);
  });
});
