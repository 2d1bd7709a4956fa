import fc from 'fast-check';
import { RansomOrder } from './ransom-order.ts';

const change = fc.record({ index: fc.nat(30), slope: fc.constantFrom(-1, 0, 100, 1_000, 3_500), begin: fc.nat(50) });

describe('The order of ransoms', () => {
  it('is walked from the least bound to the greatest, whatever has changed and however late it is, and leaves nobody out', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 80 }), fc.integer({ min: 50, max: 500 }), (changes, now) => {
        const order = new RansomOrder();
        const known = new Map<number, { readonly slope: number; readonly begin: number }>();
        for (const { index, slope, begin } of changes) {
          order.set(index, slope, begin);
          if (slope < 0) known.delete(index);
          else known.set(index, { slope, begin });
        }
        const walked = [...order.from(now)];
        expect(new Set(walked.map(({ index }) => index))).toEqual(new Set(known.keys()));
        expect(walked).toHaveLength(known.size);
        const costs = walked.map(({ index }) => (known.get(index)?.slope ?? 0) * (now - (known.get(index)?.begin ?? 0)));
        expect(costs).toEqual(costs.toSorted((one, other) => one - other));
        for (const [at, { bound }] of walked.entries()) expect(bound).toBeLessThanOrEqual(costs[at] ?? 0);
      }),
    );
  });
});
