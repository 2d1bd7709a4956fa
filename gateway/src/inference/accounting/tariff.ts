import { catalog } from '@orrery/contracts';
import type { Usage } from '../wire/usage.ts';

/** What one token or request costs, as a number: so many nano-units for so many. */
interface Rate {
  readonly nanos: number;
  readonly units: number;
}

const free: Rate = { nanos: 0, units: 1 };

/** The prices of one model where it is served, as they multiply. */
export interface Tariff {
  readonly input: Rate;
  readonly cached: Rate;
  readonly output: Rate;
  readonly request: Rate;
}

export interface PricedModel {
  /** The model, as its prices name it. */
  readonly resource: string;
  readonly provider?: string;
  readonly prices: readonly catalog.Price[];
}

const one = { 'tokens.input': 1n, 'tokens.cached-input': 1n, 'tokens.output': 1n, 'model.requests': 1n };

/** By the prices that a bill finds. */
export const tariffOf = ({ resource, provider, prices }: PricedModel): Tariff => {
  const { lines } = catalog.costOf({ resource, ...(provider === undefined ? {} : { provider }), quantities: one }, prices);
  const rateOf = (meter: catalog.Meter): Rate => {
    const price = lines.find((line) => line.meter === meter)?.price;
    return price === undefined ? free : { nanos: Number(price.nanosPerUnit), units: Number(catalog.unitSizes[price.unit]) };
  };
  return {
    input: rateOf('tokens.input'),
    cached: rateOf('tokens.cached-input'),
    output: rateOf('tokens.output'),
    request: rateOf('model.requests'),
  };
};

/** Half up, as `catalog.costOf` does it; not a number where that is not exact in numbers. */
const amountOf = (quantity: number, { nanos, units }: Rate): number => {
  const numerator = 2 * quantity * nanos + units;
  // A fraction of such integers never comes so near to the next one that a double could not tell.
  return quantity >= 0 && numerator <= Number.MAX_SAFE_INTEGER ? Math.floor(numerator / (2 * units)) : Number.NaN;
};

/**
 * What usage costs, in numbers: four times for each request, and integers of any size cost ten times as much. Undefined where they are too large for that.
 */
export const amountBy = ({ input, cached, output, request }: Tariff, usage: Usage): bigint | undefined => {
  const total =
    amountOf(usage.input - usage.cached, input) + amountOf(usage.cached, cached) + amountOf(usage.output, output) + amountOf(1, request);
  return total <= Number.MAX_SAFE_INTEGER ? BigInt(total) : undefined;
};
