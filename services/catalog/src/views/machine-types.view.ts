import type { catalog, InputOf, OutputOf } from '@orrery/contracts';
import { boolean, type EventStore, type Fact, instant, json, text, view } from '@orrery/event-store';
import type { PriceBooks } from './price-books.ts';

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
      default:
        return [];
    }
  },
});

type Listed = OutputOf<typeof catalog.ListMachineTypes>;

export const listMachineTypes = async (
  { store, books }: { readonly store: EventStore; readonly books: PriceBooks },
  { limit, cursor }: InputOf<typeof catalog.ListMachineTypes>,
  now: number,
): Promise<Listed> => {
  const offered = store.read(machineTypes).page({ where: { isOffered: true }, order: { by: ['name'] }, limit, cursor });
  const [page, book] = await Promise.all([offered, books.at(now)]);
  const items = page.items.map((row) => {
    const nanosPerSecond = book?.ofMachine(row.name) ?? null;
    return { ...row, nanosPerSecond, currency: book && nanosPerSecond !== null ? book.view.currency : null };
  });
  return { ...page, items };
};
