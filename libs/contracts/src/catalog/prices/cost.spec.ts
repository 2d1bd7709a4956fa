import fc from 'fast-check';
import { formatNanos, nanosOf } from '../../money.ts';
import { costOf, type Usage } from './cost.ts';
import { type ModelMeter, ModelMeter as ModelMeters, type ModelPrice, OfferedPrice, Price, PriceBookView, unitSizes } from './types.ts';

const model = 'orrery/tiny-chat';

/** `12.5 of an input token`, as a price list says it: units of the currency, for so many. */
const priced = (meter: ModelMeter, price: string, unit: keyof typeof unitSizes, more: object = {}): Price =>
  Price.parse({ meter, resource: model, unit, nanosPerUnit: formatNanos(nanosOf(price)), ...more });

/** The list price of a well-known small model: 0.15 and 0.60 for a million tokens in and out, half for what was cached; batches for half. */
const small: readonly Price[] = [
  priced('tokens.input', '0.15', 'million-tokens', { batchDiscountMilli: 500 }),
  priced('tokens.cached-input', '0.075', 'million-tokens', { batchDiscountMilli: 500 }),
  priced('tokens.output', '0.6', 'million-tokens', { batchDiscountMilli: 500 }),
];
/** So cheap that a token is a thirtieth of a nano-unit. */
const tiny = [priced('tokens.input', '0.000033333', 'million-tokens')];
const dear = [priced('tokens.input', '0.00003', 'token'), priced('tokens.output', '0.06', 'thousand-tokens')];
const spoken = [priced('model.seconds', '0.0001', 'second'), priced('model.requests', '0.002', 'request')];
const elsewhere = [...small, priced('tokens.input', '0.3', 'million-tokens', { provider: 'acme' })];
const uncached = small.filter(({ meter }) => meter !== 'tokens.cached-input');

/** Worked out with paper and pencil. Nano-units; a line for each meter. */
interface Golden {
  readonly prices: readonly Price[];
  readonly quantities: Usage['quantities'];
  readonly more?: Partial<Usage>;
  /** Of its lines, in the order of the meters. */
  readonly lines: readonly string[];
  readonly total: string;
}

const golden: readonly (readonly [string, Golden])[] = [
  ['nothing', { prices: small, quantities: {}, lines: [], total: '0' }],
  ['no tokens', { prices: small, quantities: { 'tokens.input': 0n, 'tokens.output': 0n }, lines: [], total: '0' }],
  ['one token in', { prices: small, quantities: { 'tokens.input': 1n }, lines: ['150'], total: '150' }],
  [
    'a small chat',
    { prices: small, quantities: { 'tokens.input': 1_234n, 'tokens.output': 567n }, lines: ['185100', '340200'], total: '525300' },
  ],
  [
    'a million each',
    {
      prices: small,
      quantities: { 'tokens.input': 1_000_000n, 'tokens.output': 1_000_000n },
      lines: ['150000000', '600000000'],
      total: '750000000',
    },
  ],
  [
    'some of it cached',
    { prices: small, quantities: { 'tokens.input': 200n, 'tokens.cached-input': 1_800n }, lines: ['30000', '135000'], total: '165000' },
  ],
  [
    'cached, where that has no price',
    { prices: uncached, quantities: { 'tokens.input': 200n, 'tokens.cached-input': 1_800n }, lines: ['30000', '270000'], total: '300000' },
  ],
  [
    'in a batch',
    {
      prices: small,
      quantities: { 'tokens.input': 1_001n, 'tokens.output': 3n },
      more: { isBatch: true },
      lines: ['75075', '900'],
      total: '75975',
    },
  ],
  [
    'a half in a batch is rounded up',
    { prices: small, quantities: { 'tokens.cached-input': 1n }, more: { isBatch: true }, lines: ['38'], total: '38' },
  ],
  [
    'in a batch without a discount',
    { prices: dear, quantities: { 'tokens.input': 7n }, more: { isBatch: true }, lines: ['210000'], total: '210000' },
  ],
  ['a thirtieth of a nano-unit is none', { prices: tiny, quantities: { 'tokens.input': 1n }, lines: ['0'], total: '0' }],
  ['just below a half is none', { prices: tiny, quantities: { 'tokens.input': 15n }, lines: ['0'], total: '0' }],
  ['just above a half is one', { prices: tiny, quantities: { 'tokens.input': 16n }, lines: ['1'], total: '1' }],
  ['thirty of a thirtieth are one', { prices: tiny, quantities: { 'tokens.input': 30n }, lines: ['1'], total: '1' }],
  [
    'by the token and by the thousand',
    { prices: dear, quantities: { 'tokens.input': 3n, 'tokens.output': 7n }, lines: ['90000', '420000'], total: '510000' },
  ],
  [
    'by the second and by the request',
    { prices: spoken, quantities: { 'model.seconds': 61n, 'model.requests': 1n }, lines: ['6100000', '2000000'], total: '8100000' },
  ],
  [
    'served by who has a price of its own',
    { prices: elsewhere, quantities: { 'tokens.input': 10n }, more: { provider: 'acme' }, lines: ['3000'], total: '3000' },
  ],
  [
    'served by who has none',
    { prices: elsewhere, quantities: { 'tokens.input': 10n }, more: { provider: 'other' }, lines: ['1500'], total: '1500' },
  ],
  ['served by nobody in particular', { prices: elsewhere, quantities: { 'tokens.input': 10n }, lines: ['1500'], total: '1500' }],
  [
    'more than a float could count',
    {
      prices: small,
      quantities: { 'tokens.output': 9_007_199_254_740_993n },
      lines: ['5404319552844595800'],
      total: '5404319552844595800',
    },
  ],
  ['another model', { prices: small, quantities: { 'tokens.input': 10n }, more: { resource: 'orrery/other' }, lines: [], total: '0' }],
];

const run: Price = Price.parse({ meter: 'run.seconds', resource: 'cpu', unit: 'second', nanosPerUnit: '12500' });

describe('What usage costs', () => {
  it.each(golden)('%s', (_, { prices, quantities, more, lines, total }) => {
    const cost = costOf({ resource: model, quantities, ...more }, prices);
    expect([cost.lines.map(({ amount }) => formatNanos(amount)), formatNanos(cost.total)]).toEqual([lines, total]);
  });

  it('is what runs cost, by the second', () => {
    expect(costOf({ resource: 'cpu', quantities: { 'run.seconds': 60n } }, [run, ...small]).total).toBe(750_000n);
  });

  it('names the meters that have no price', () => {
    expect(costOf({ resource: model, quantities: { 'model.seconds': 1n, 'tokens.input': 1n } }, small).unpriced).toEqual(['model.seconds']);
  });

  it('is nothing that could be less than nothing', () => {
    expect(() => costOf({ resource: model, quantities: { 'tokens.input': -1n } }, small)).toThrow(RangeError);
    expect(OfferedPrice.safeParse({ ...run, nanosPerUnit: '-1' }).success).toBe(false);
  });
});

const units = {
  'tokens.input': ['token', 'thousand-tokens', 'million-tokens'],
  'tokens.cached-input': ['token', 'thousand-tokens', 'million-tokens'],
  'tokens.output': ['token', 'thousand-tokens', 'million-tokens'],
  'model.seconds': ['second'],
  'model.requests': ['request'],
} as const;

const quantity = fc.bigInt({ min: 0n, max: 10n ** 15n });
const anyPrice = (meter: ModelMeter): fc.Arbitrary<ModelPrice> =>
  fc
    .record({
      unit: fc.constantFrom(...units[meter]),
      nanos: fc.bigInt({ min: 0n, max: 10n ** 15n }),
      discount: fc.integer({ min: 0, max: 1_000 }),
    })
    .map(({ unit, nanos, discount }) => {
      const price = Price.parse({ meter, resource: model, unit, nanosPerUnit: formatNanos(nanos), batchDiscountMilli: discount });
      if (price.meter === 'run.seconds') throw new TypeError('a meter of models');
      return price;
    });
const anyBook = fc.tuple(...ModelMeters.options.map(anyPrice));
const anyUsage: fc.Arbitrary<Usage> = fc.record({
  resource: fc.constant(model),
  isBatch: fc.boolean(),
  quantities: fc.dictionary(fc.constantFrom(...ModelMeters.options), quantity, { maxKeys: 5 }),
});

describe('The cost of any usage', () => {
  it('is, line by line, no more than half a nano-unit off what is exact', () => {
    fc.assert(
      fc.property(anyUsage, anyBook, (usage, book) => {
        for (const { quantity: counted, price, amount } of costOf(usage, book).lines) {
          const kept = 1_000n - (usage.isBatch && 'batchDiscountMilli' in price ? BigInt(price.batchDiscountMilli ?? 0) : 0n);
          const exact = counted * BigInt(price.nanosPerUnit) * kept;
          const scale = 1_000n * unitSizes[price.unit];
          const off = amount * scale - exact;
          expect(2n * off <= scale && 2n * off > -scale).toBe(true);
        }
      }),
    );
  });

  it('is the sum of its lines, and leaves nothing out that counted', () => {
    fc.assert(
      fc.property(anyUsage, anyBook, (usage, book) => {
        const { lines, total, unpriced } = costOf(usage, book);
        expect(lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(total);
        const counted = Object.entries(usage.quantities).filter(([, each]) => each > 0n);
        expect([...lines.map(({ meter }) => meter), ...unpriced].sort()).toEqual(counted.map(([meter]) => meter).sort());
      }),
    );
  });

  it('never falls when more is used, and is never more in a batch', () => {
    fc.assert(
      fc.property(anyUsage, anyBook, fc.constantFrom(...ModelMeters.options), quantity, (usage, book, meter, more) => {
        const { quantities } = usage;
        const longer = { ...usage, quantities: { ...quantities, [meter]: (quantities[meter] ?? 0n) + more } };
        expect(costOf(longer, book).total >= costOf(usage, book).total).toBe(true);
        expect(costOf({ ...usage, isBatch: true }, book).total <= costOf({ ...usage, isBatch: false }, book).total).toBe(true);
      }),
    );
  });

  it('does not depend on the order of the prices, nor on those of others', () => {
    fc.assert(
      fc.property(anyUsage, anyBook, fc.array(fc.nat()), (usage, book, seeds) => {
        const shuffled: Price[] = book
          .map((price, index) => ({ price, at: seeds[index] ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ price }) => price);
        const others: Price[] = book.map((price) => ({ ...price, resource: 'orrery/other' }));
        expect(costOf(usage, [...others, ...shuffled, run]).total).toBe(costOf(usage, book).total);
      }),
    );
  });
});

describe('A price book', () => {
  it('of the time when only runs had prices is still one', () => {
    const book = { version: 1, currency: 'EUR', effectiveAt: '2026-01-01T00:00:00.000Z', prices: [run] };
    expect(PriceBookView.parse(book)).toEqual(book);
  });

  it.each([
    ['a token by the second', { meter: 'tokens.input', resource: model, unit: 'second', nanosPerUnit: '1' }],
    ['a machine type by tokens', { meter: 'tokens.input', resource: 'cpu', unit: 'token', nanosPerUnit: '1' }],
    ['a run served by a provider', { ...run, provider: 'acme' }],
    ['more than the whole off', { meter: 'tokens.input', resource: model, unit: 'token', nanosPerUnit: '1', batchDiscountMilli: 1_001 }],
  ])('does not sell %s', (_, price) => {
    expect(Price.safeParse(price).success).toBe(false);
  });
});
