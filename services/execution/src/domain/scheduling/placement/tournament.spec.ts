import fc from 'fast-check';
import { Tournament } from './tournament.ts';

const priceOf = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 5 }));

describe('A tournament', () => {
  it('is won by the cheapest, the first of them where several are, whatever changed before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.array(fc.tuple(fc.nat(39), priceOf), { maxLength: 60 }), (size, changes) => {
        const tournament = new Tournament(size, (one, other) => one < other);
        const prices = new Array<number>(size).fill(Number.POSITIVE_INFINITY);
        for (const [at, price] of changes) {
          tournament.set(at % size, price);
          prices[at % size] = price;
          const least = Math.min(...prices);
          expect(tournament.best()).toBe(least === Number.POSITIVE_INFINITY ? null : prices.indexOf(least));
          expect(tournament.candidates).toBe(prices.filter((each) => each !== Number.POSITIVE_INFINITY).length);
          const wanted = prices.map((price, index) => (index % 3 === at % 3 ? Number.POSITIVE_INFINITY : price));
          const leastWanted = Math.min(...wanted);
          const first = tournament.first((index) => index % 3 !== at % 3);
          expect(first).toBe(leastWanted === Number.POSITIVE_INFINITY ? null : wanted.indexOf(leastWanted));
        }
        const whole = new Tournament(size, (one, other) => one < other);
        whole.setAll(size, (index) => prices[index] ?? 0);
        expect([whole.best(), whole.candidates]).toEqual([tournament.best(), tournament.candidates]);
      }),
    );
  });
});
