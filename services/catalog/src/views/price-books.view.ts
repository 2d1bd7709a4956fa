import type { catalog, InputOf, OutputOf } from '@orrery/contracts';
import { type EventStore, type Fact, instant, integer, json, text, view } from '@orrery/event-store';

type PriceBook = catalog.PriceBookView;

export const priceBooks = view({
  name: 'price-books',
  table: 'price_books',
  columns: { version: integer(), currency: text<PriceBook['currency']>(), effectiveAt: instant(), prices: json<catalog.Price[]>() },
  key: ['version'],
  fold: ({ event }: Fact<catalog.CatalogEvent>) => {
    if (event.type !== 'PriceBookPublished') return [];
    const { at: _, ...book } = event.data;
    return [{ put: book }];
  },
});

export const listPriceBooks = async (
  store: EventStore,
  { limit, cursor }: InputOf<typeof catalog.ListPriceBooks>,
): Promise<OutputOf<typeof catalog.ListPriceBooks>> => {
  const page = await store.read(priceBooks).page({ order: { by: ['version'], direction: 'desc' }, limit, cursor });
  return { ...page, items: page.items.map(({ prices, ...book }) => ({ ...book, prices: prices.length })) };
};
