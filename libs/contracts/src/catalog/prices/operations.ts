import { z } from 'zod';
import { command, query } from '../../define.ts';
import { Currency } from '../../money.ts';
import { Instant, PageRequest, pageOf } from '../../values.ts';
import { OfferedPrice, PriceBookSummary, PriceBookView } from './types.ts';

export const PublishPriceBook = command({
  subject: 'catalog.publish-price-book',
  summary: 'Set the prices from a moment on; earlier books stay as they were',
  http: 'POST /price-books',
  created: true,
  access: 'operator',
  input: z.strictObject({ currency: Currency, effectiveAt: Instant.optional(), prices: z.array(OfferedPrice).min(1).max(5_000) }),
  output: PriceBookView,
  refusals: { EffectiveBeforeCurrent: 409, DuplicatePrice: 422, CurrencyChanged: 409 },
});

export const GetPriceBook = query({
  subject: 'catalog.get-price-book',
  summary: 'The prices in force now or at a moment, or those of a version',
  http: 'GET /price-book',
  access: 'catalog:read',
  input: z.strictObject({ at: Instant.optional(), version: z.coerce.number().int().positive().optional() }),
  output: PriceBookView,
  refusals: { NoPriceBook: 404 },
});

export const ListPriceBooks = query({
  subject: 'catalog.list-price-books',
  summary: 'Every price book there was and that is announced, the newest first',
  http: 'GET /price-books',
  access: 'catalog:read',
  input: PageRequest,
  output: pageOf(PriceBookSummary),
  refusals: {},
});
