import { type catalog, formatNanos } from '@orrery/contracts';
import fc from 'fast-check';
import { costOf } from './prices.ts';
import { amountBy, type PricedModel, tariffOf } from './tariff.ts';

const meters = ['tokens.input', 'tokens.cached-input', 'tokens.output'] as const;
const prices: fc.Arbitrary<catalog.Price[]> = fc.array(
  fc
    .record({
      meter: fc.constantFrom(...meters, 'model.requests' as const),
      resource: fc.constantFrom('a/b', 'other'),
      provider: fc.constantFrom(undefined, 'gpu', 'far'),
      unit: fc.constantFrom('token' as const, 'thousand-tokens' as const, 'million-tokens' as const),
      nanos: fc.oneof(fc.bigInt({ min: 0n, max: 2_000n }), fc.bigInt({ min: 0n, max: 10n ** 25n })),
    })
    .map(({ meter, resource, provider, unit, nanos }) => {
      const by = { resource, nanosPerUnit: formatNanos(nanos), ...(provider === undefined ? {} : { provider }) };
      return meter === 'model.requests' ? { ...by, meter, unit: 'request' } : { ...by, meter, unit };
    }),
  { maxLength: 8 },
);
const tokens = fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 100_000_000 }));
const usage = fc
  .record({ input: tokens, output: tokens, share: fc.nat({ max: 4 }) })
  .map(({ input, output, share }) => ({ input, output, cached: Math.floor((input * share) / 4) }));

describe('A tariff', () => {
  it('comes to what a bill comes to, to the nano-unit, whatever the prices and however much was used', () => {
    fc.assert(
      fc.property(prices, fc.constantFrom(undefined, 'gpu'), usage, (all, provider, used) => {
        const model: PricedModel = { resource: 'a/b', prices: all, ...(provider === undefined ? {} : { provider }) };
        expect(costOf(used, { ...model, tariff: tariffOf(model) })).toBe(costOf(used, model));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves to integers of any size what numbers cannot tell apart', () => {
    const dear = [{ meter: 'tokens.output', resource: 'a/b', unit: 'token', nanosPerUnit: formatNanos(2n ** 53n + 1n) }] as const;
    const model = { resource: 'a/b', prices: dear };
    expect(amountBy(tariffOf(model), { input: 0, output: 1, cached: 0 })).toBeUndefined();
    expect(costOf({ input: 0, output: 1, cached: 0 }, { ...model, tariff: tariffOf(model) })).toBe(2n ** 53n + 1n);
  });
});
