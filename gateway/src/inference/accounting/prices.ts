import { catalog } from '@orrery/contracts';
import type { Usage } from '../wire/usage.ts';
import { amountBy, type PricedModel, type Tariff } from './tariff.ts';

/** The prices of one model where it is served, as they were when the request was admitted. */
export interface Prices extends PricedModel {
  /** Of these prices, where many requests share them. */
  readonly tariff?: Tariff;
}

/** By the arithmetic of every bill: a line for each meter, each rounded by itself. */
const billed = ({ input, output, cached }: Usage, { resource, provider, prices }: Prices): bigint =>
  catalog.costOf(
    {
      resource,
      ...(provider === undefined ? {} : { provider }),
      quantities: {
        'tokens.input': BigInt(input - cached),
        'tokens.cached-input': BigInt(cached),
        'tokens.output': BigInt(output),
        'model.requests': 1n,
      },
    },
    prices,
  ).total;

/** The same to the nano-unit, whichever way. */
export const costOf = (usage: Usage, prices: Prices): bigint => (prices.tariff && amountBy(prices.tariff, usage)) ?? billed(usage, prices);
