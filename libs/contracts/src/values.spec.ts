import fc from 'fast-check';
import { epochOf, instantOf } from './values.ts';

describe('An instant', () => {
  it('is written as the platform writes it, whichever was written before, also before 1970 and after 9999', () => {
    const moment = fc.oneof(
      fc.integer({ min: 1_795_000_000_000, max: 1_795_000_002_000 }),
      fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(moment, { minLength: 1 }), (moments) => {
        expect(moments.map(instantOf)).toEqual(moments.map((each) => new Date(each).toISOString()));
      }),
    );
    expect(epochOf(instantOf(1_795_000_000_007))).toBe(1_795_000_000_007);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is not made of %d', (epochMs) => {
    expect(() => instantOf(epochMs)).toThrow(RangeError);
  });
});
