import { z } from 'zod';
import { Currency, NanosText } from '../../money.ts';
import { Instant } from '../../values.ts';
import { ModelName, ProviderId } from '../models/names.ts';
import { MachineTypeName } from '../types.ts';

/** What a run is charged by. */
export const RunMeter = z.enum(['run.seconds']).meta({ id: 'RunMeter' });
export type RunMeter = z.infer<typeof RunMeter>;

/**
 * What calls of models are charged by. No token is counted by two of them: what was read from a cache is none of `tokens.input`, as which
 * it is charged where it has no price of its own.
 */
export const ModelMeter = z
  .enum(['tokens.input', 'tokens.cached-input', 'tokens.output', 'model.seconds', 'model.requests'])
  .meta({ id: 'ModelMeter' });
export type ModelMeter = z.infer<typeof ModelMeter>;

export const Meter = z.enum([...RunMeter.options, ...ModelMeter.options]).meta({ id: 'Meter' });
export type Meter = z.infer<typeof Meter>;

/** Of one unit: so many of what the meter counts. */
export const unitSizes = { second: 1n, token: 1n, 'thousand-tokens': 1_000n, 'million-tokens': 1_000_000n, request: 1n } as const;
export type Unit = keyof typeof unitSizes;

const MachinePrice = z.strictObject({
  meter: RunMeter,
  /** The machine type. */
  resource: MachineTypeName,
  unit: z.literal('second'),
  nanosPerUnit: NanosText,
});

const ofModel = {
  /** The model. */
  resource: ModelName,
  /** Where this provider serves it; without one the price holds wherever it has none of its own. */
  provider: ProviderId.optional(),
  nanosPerUnit: NanosText,
  /** Thousandths that work in batches costs less. */
  batchDiscountMilli: z.int().min(0).max(1_000).optional(),
};

const TokenPrice = z.strictObject({
  meter: z.enum(['tokens.input', 'tokens.cached-input', 'tokens.output']),
  ...ofModel,
  /** What a token costs is often less than a nano-unit: then it is said of a thousand or a million. */
  unit: z.enum(['token', 'thousand-tokens', 'million-tokens']),
});
const SecondPrice = z.strictObject({ meter: z.literal('model.seconds'), ...ofModel, unit: z.literal('second') });
const RequestPrice = z.strictObject({ meter: z.literal('model.requests'), ...ofModel, unit: z.literal('request') });

const ModelPriceKinds = [TokenPrice, SecondPrice, RequestPrice] as const;

export const ModelPrice = z.discriminatedUnion('meter', [...ModelPriceKinds]).meta({ id: 'ModelPrice' });
export type ModelPrice = z.infer<typeof ModelPrice>;

export const Price = z.discriminatedUnion('meter', [MachinePrice, ...ModelPriceKinds]).meta({ id: 'Price' });
export type Price = z.infer<typeof Price>;

/** What an operator may ask for something: nothing, or more. */
export const OfferedPrice = Price.refine(({ nanosPerUnit }) => !nanosPerUnit.startsWith('-'), {
  path: ['nanosPerUnit'],
  error: 'is less than nothing',
  params: { mend: 'send 0 or more' },
});

const mostPrices = 5_000;

const bookFields = {
  /** Counts up from 1; a charge names the version it was priced by. */
  version: z.int().positive(),
  currency: Currency,
  effectiveAt: Instant,
};

export const PriceBookView = z.strictObject({ ...bookFields, prices: z.array(Price).max(mostPrices) }).meta({ id: 'PriceBook' });
export type PriceBookView = z.infer<typeof PriceBookView>;

/** A price book without its prices: how many there are. */
export const PriceBookSummary = z.strictObject({ ...bookFields, prices: z.int().min(0) }).meta({ id: 'PriceBookSummary' });

/** The prices of one model that are in force. */
export const Pricing = z
  .strictObject({ currency: Currency, version: z.int().positive(), prices: z.array(ModelPrice).max(mostPrices) })
  .meta({ id: 'Pricing' });
export type Pricing = z.infer<typeof Pricing>;

/** A price as pinned to a piece of work when it was accepted. */
export const PinnedPrice = z
  .strictObject({ version: z.int().positive(), currency: Currency, nanosPerSecond: NanosText })
  .meta({ id: 'PinnedPrice' });
export type PinnedPrice = z.infer<typeof PinnedPrice>;
