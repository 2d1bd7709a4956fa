import { catalog, formatNanos, nanosOf } from '@orrery/contracts';
import { z } from 'zod';
import { Limit, Route, Upstream } from './routing-file.ts';

const isWritten = (value: unknown): value is string | number => typeof value === 'string' || typeof value === 'number';

const decimals = 9;

/** As decimals, never with an exponent; undefined where nine of them do not say it. */
const decimalIn = (value: unknown): string | undefined => {
  const text = typeof value === 'number' && Number(value.toFixed(decimals)) === value ? value.toFixed(decimals) : value;
  return typeof text === 'string' && /^\d{1,20}(\.\d{1,9})?$/.test(text) ? text : undefined;
};

/** `price: 0.15` in units of the currency, or `nanosPerUnit` as the API has it; numbers or text. */
const priceAsWritten = (given: unknown, context: z.core.$RefinementCtx): unknown => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const { price, nanosPerUnit, ...rest }: { readonly price?: unknown; readonly nanosPerUnit?: unknown } = given;
  if (price === undefined) return { ...rest, nanosPerUnit: isWritten(nanosPerUnit) ? String(nanosPerUnit) : nanosPerUnit };
  const refuse = (message: string): unknown => {
    context.issues.push({ code: 'custom', path: ['price'], message, input: price, continue: false });
    return z.NEVER;
  };
  if (nanosPerUnit !== undefined) return refuse('is said twice: leave price or nanosPerUnit out');
  const decimal = decimalIn(price);
  if (decimal === undefined) return refuse('is no price: write it like 0.15, with nine decimals at most');
  return { ...rest, nanosPerUnit: formatNanos(nanosOf(decimal)) };
};

const Provider = catalog.ProviderCard.extend({ id: catalog.ProviderId });

const Model = z.strictObject({
  name: catalog.ModelName,
  ...catalog.ModelCardChange.shape,
  type: catalog.ModelType,
  /** Left out: it is as live as it is. */
  isLive: z.boolean().optional(),
});

const { effectiveAt, currency } = catalog.PublishPriceBook.input.shape;
const Prices = z.strictObject({
  currency,
  effectiveAt,
  list: z.array(z.preprocess(priceAsWritten, catalog.OfferedPrice)).min(1).max(5_000),
});

const most = 5_000;

/** What a file may say. A part that is left out is left as it is. */
export const CatalogFile = z.strictObject({
  providers: z.array(Provider).max(most).optional(),
  machineTypes: z.array(catalog.PublishMachineType.input).max(most).optional(),
  models: z.array(Model).max(most).optional(),
  prices: Prices.optional(),
  upstreams: z.array(Upstream).max(most).optional(),
  routes: z.array(Route).max(most).optional(),
  limits: z.array(Limit).max(most).optional(),
});
export type CatalogFile = z.output<typeof CatalogFile>;

/** By what two entries of a part would be the same thing. */
export const keysOf = {
  providers: ({ id }: { readonly id: string }): string => id,
  machineTypes: ({ name }: { readonly name: string }): string => name,
  models: ({ name }: { readonly name: string }): string => name.toLowerCase(),
} as const;

export const keyOfPrice = (price: catalog.Price): string =>
  [price.meter, price.resource, 'provider' in price && price.provider !== undefined ? `at ${price.provider}` : ''].join(' ').trim();
