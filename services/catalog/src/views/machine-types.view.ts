import type { catalog, InputOf, OutputOf } from '@orrery/contracts';
import { boolean, type Fact, instant, json, pageFrom, select, text, view } from '@orrery/event-store';
import type { DataSource } from 'typeorm';
import { priceBookAt, priceOf } from './price-books.view.ts';

export const machineTypes = view({
  name: 'machine-types',
  table: 'machine_types',
  columns: { name: text(), description: text(), resources: json<catalog.Resources>(), isOffered: boolean(), publishedAt: instant() },
  key: ['name'],
  fold: ({ event }: Fact<catalog.CatalogEvent>) => {
    switch (event.type) {
      case 'MachineTypePublished': {
        const { at, ...offer } = event.data;
        return [{ put: { ...offer, isOffered: true, publishedAt: at } }];
      }
      case 'MachineTypeRetired':
        return [{ patch: { name: event.data.name }, set: { isOffered: false } }];
      case 'PriceBookPublished':
        return [];
    }
  },
});

type Listed = OutputOf<typeof catalog.ListMachineTypes>;

/** By name; the cursor is the last name of the page before. */
export const listMachineTypes = async (
  database: DataSource,
  { limit, cursor = '' }: InputOf<typeof catalog.ListMachineTypes>,
  now: number,
): Promise<Listed> => {
  const tail = { text: 'WHERE is_offered AND name > $1 ORDER BY name LIMIT $2', values: [cursor, limit + 1] };
  const [rows, book] = await Promise.all([select(database, machineTypes, tail), priceBookAt(database, now)]);
  const priced = rows.map((row) => {
    const nanosPerSecond = book ? (priceOf(book, row.name) ?? null) : null;
    return { ...row, nanosPerSecond, currency: book && nanosPerSecond !== null ? book.currency : null };
  });
  return pageFrom(priced, limit, ({ name }) => name);
};

export const findMachineType = async (database: DataSource, name: string): Promise<catalog.MachineTypeView | undefined> => {
  const [found] = await select(database, machineTypes, { text: 'WHERE name = $1', values: [name] });
  return found;
};
