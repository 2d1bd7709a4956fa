import type { Usage } from '../wire/usage.ts';

/** What inference costs, in nano-units: tokens by the million, because one token costs less than one of them. */
export interface Prices {
  readonly input: bigint;
  readonly output: bigint;
  /** Of input that the model server had read before. */
  readonly cached: bigint;
  /** Of a request that was answered, whatever was counted. */
  readonly request: bigint;
}

const million = 1_000_000n;

/** Rounded once, at the end, and up: a sum of many small requests is then never less than what the tokens cost. */
export const costOf = ({ input, output, cached }: Usage, prices: Prices): bigint => {
  const tokens = BigInt(input - cached) * prices.input + BigInt(cached) * prices.cached + BigInt(output) * prices.output;
  return prices.request + (tokens + million - 1n) / million;
};

/** Of two price lists the dearer price of each: what is set aside when either may come to hold. */
export const dearest = (one: Prices, other: Prices): Prices => {
  const more = (name: keyof Prices): bigint => (one[name] > other[name] ? one : other)[name];
  return { input: more('input'), output: more('output'), cached: more('cached'), request: more('request') };
};
