import { type Nanos, nanos, parseNanos } from '../../money.ts';
import { type Meter, type ModelMeter, type Price, unitSizes } from './types.ts';

/** What was used of one thing: so many of each meter, in what the meter counts. Never less than none. */
export interface Usage {
  /** A machine type, or the name of a model. */
  readonly resource: string;
  /** Who served the model. */
  readonly provider?: string;
  readonly isBatch?: boolean;
  readonly quantities: Readonly<Partial<Record<Meter, bigint>>>;
}

/** One line of a bill: exact, until it is rounded to a nano-unit, once. */
export interface CostLine {
  readonly meter: Meter;
  readonly quantity: bigint;
  readonly price: Price;
  readonly amount: Nanos;
}

export interface Cost {
  readonly lines: readonly CostLine[];
  readonly total: Nanos;
  /** Meters that counted something for which there is no price: it costs nothing. */
  readonly unpriced: readonly Meter[];
}

/** As what something is charged that has no price of its own. */
const otherwise: Readonly<Partial<Record<Meter, ModelMeter>>> = { 'tokens.cached-input': 'tokens.input' };

const wholeMilli = 1_000n;

/** The nearest integer of a fraction that is not negative; of two that are as near, the greater one. */
const halfUp = (numerator: bigint, denominator: bigint): bigint => (2n * numerator + denominator) / (2n * denominator);

/** Of the prices of one meter: that of the provider who served it, else the one that holds wherever. */
const priceOf = (prices: readonly Price[], { resource, provider }: Usage, meter: Meter): Price | undefined => {
  const its = prices.filter((price) => price.meter === meter && price.resource === resource);
  const providerOf = (price: Price): string | undefined => ('provider' in price ? price.provider : undefined);
  return (
    its.find((price) => provider !== undefined && providerOf(price) === provider) ?? its.find((price) => providerOf(price) === undefined)
  );
};

const amountOf = (quantity: bigint, price: Price, isBatch: boolean): Nanos => {
  const discount = isBatch && 'batchDiscountMilli' in price ? BigInt(price.batchDiscountMilli ?? 0) : 0n;
  const exact = quantity * parseNanos(price.nanosPerUnit) * (wholeMilli - discount);
  return nanos(halfUp(exact, unitSizes[price.unit] * wholeMilli));
};

/**
 * What usage costs, in nano-units: a line for each meter that counted something, rounded half up by itself; the total is the sum of the
 * lines. So each line can be checked with paper and pencil, and no line depends on another.
 */
export const costOf = (usage: Usage, prices: readonly Price[]): Cost => {
  const lines: CostLine[] = [];
  const unpriced: Meter[] = [];
  for (const [name, quantity] of Object.entries(usage.quantities)) {
    if (quantity < 0n) throw new RangeError(`${name} of ${usage.resource} is less than none: ${quantity}`);
    if (quantity === 0n) continue;
    // Object.entries forgets that the names are meters; the type of the quantities keeps others out.
    const meter = name as Meter;
    const instead = otherwise[meter];
    const price = priceOf(prices, usage, meter) ?? (instead && priceOf(prices, usage, instead));
    if (price) lines.push({ meter, quantity, price, amount: amountOf(quantity, price, usage.isBatch === true) });
    else unpriced.push(meter);
  }
  return { lines, total: nanos(lines.reduce((sum, { amount }) => sum + amount, 0n)), unpriced };
};
