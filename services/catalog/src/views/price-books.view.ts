import type { catalog, NanosText } from '@orrery/contracts';
import { type Fact, instant, integer, json, select, text, view } from '@orrery/event-store';
import type { DataSource } from 'typeorm';

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
export const priceBookAt = async (database: DataSource, at: number): Promise<PriceBook | undefined> => {
  const [book] = await select(database, priceBooks, {
    text: 'WHERE effective_at <= $1 ORDER BY version DESC LIMIT 1',
    values: [new Date(at)],
  });
  return book;
};

export const priceOf = (book: PriceBook, machineType: string): NanosText | undefined =>
  book.prices.find(({ meter, resource }) => meter === 'run.seconds' && resource === machineType)?.nanosPerUnit;
