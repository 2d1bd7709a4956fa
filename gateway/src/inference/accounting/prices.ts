import { catalog } from '@orrery/contracts';
import type { Usage } from '../wire/usage.ts';

/** The prices of one model where it is served, as they were when the request was admitted. */
export interface Prices {
  /** The model, as its prices name it. */
  readonly resource: string;
  readonly provider?: string;
  readonly prices: readonly catalog.Price[];
}

/** By the arithmetic of every bill: a line for each meter, each rounded by itself. */
export const costOf = ({ input, output, cached }: Usage, { resource, provider, prices }: Prices): bigint =>
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
