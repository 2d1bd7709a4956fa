import { type catalog, type InputOf, instantOf, type NanosText, type OutputOf } from '@orrery/contracts';
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

/** The book in force at a moment (milliseconds since the epoch): the newest that was already effective. */
export const priceBookAt = async (store: EventStore, at: number): Promise<PriceBook | undefined> => {
  const [book] = await store
    .read(priceBooks)
    .list({ where: { effectiveAt: { lte: instantOf(at) } }, order: { by: ['version'], direction: 'desc' }, limit: 1 });
  return book;
};

export const listPriceBooks = async (
  store: EventStore,
  { limit, cursor }: InputOf<typeof catalog.ListPriceBooks>,
): Promise<OutputOf<typeof catalog.ListPriceBooks>> => {
  const page = await store.read(priceBooks).page({ order: { by: ['version'], direction: 'desc' }, limit, cursor });
  return { ...page, items: page.items.map(({ prices, ...book }) => ({ ...book, prices: prices.length })) };
};

export const priceOf = (book: PriceBook, machineType: string): NanosText | undefined =>
  book.prices.find(({ meter, resource }) => meter === 'run.seconds' && resource === machineType)?.nanosPerUnit;
