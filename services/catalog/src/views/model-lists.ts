import { catalog, type InputOf, type OutputOf } from '@orrery/contracts';
import type { EventStore, TableRow } from '@orrery/event-store';
import { models, wordIn } from './models.view.ts';
import type { Book, PriceBooks } from './price-books.ts';

type Row = TableRow<typeof models>;

/** Names are one model's whatever the size of their letters. */
export const modelNames = { scope: 'model-name', keyOf: (name: string): string => name.toLowerCase() };
export const modelStream = (modelId: string): string => `model-${modelId}`;

const isId = (ref: string): boolean => catalog.ModelId.safeParse(ref).success;

/** The id of the model that is meant. One that is given may never have been. */
export const modelIdOf = async (store: EventStore, ref: catalog.ModelRef): Promise<catalog.ModelId | undefined> => {
  if (isId(ref)) return catalog.ModelId.parse(ref.toLowerCase());
  const stream = await store.holderOf(modelNames.scope, modelNames.keyOf(ref));
  return stream === undefined ? undefined : catalog.ModelId.parse(stream.slice(modelStream('').length));
};

const pricingOf = (book: Book | undefined, name: string): catalog.Pricing | null => {
  const prices = book?.ofModel(name) ?? [];
  return book && prices.length > 0 ? { currency: book.view.currency, version: book.view.version, prices } : null;
};

const publicOf = (
  { searched: _, capabilityWords: _words, metadata: _metadata, ...row }: Row,
  book: Book | undefined,
): catalog.PublicModelView => ({
  ...row,
  pricing: pricingOf(book, row.name),
});

const shown = (row: Row, book: Book | undefined): catalog.ModelView => ({ ...publicOf(row, book), metadata: row.metadata });

const whereOf = ({ search, provider, type, capability, isLive }: catalog.ModelFilters) => ({
  searched: search === undefined ? undefined : { contains: search },
  provider,
  type,
  capabilityWords: capability === undefined ? undefined : wordIn(capability),
  isLive,
});

const byName = { by: ['name'] } as const;

/** What is in the catalog, with the prices that are in force at `now`, in milliseconds since the epoch. */
export class ModelLists {
  constructor(
    private readonly store: EventStore,
    private readonly books: PriceBooks,
  ) {}

  async page({ limit, cursor, ...filters }: InputOf<typeof catalog.ListModels>, now: number): Promise<OutputOf<typeof catalog.ListModels>> {
    const [page, book] = await Promise.all([
      this.store.read(models).page({ where: whereOf(filters), order: byName, limit, cursor }),
      this.books.at(now),
    ]);
    return { ...page, items: page.items.map((row) => shown(row, book)) };
  }

  async publicPage(
    { limit, offset, ...filters }: InputOf<typeof catalog.ListPublicModels>,
    now: number,
  ): Promise<OutputOf<typeof catalog.ListPublicModels>> {
    const where = whereOf(filters);
    const reader = this.store.read(models);
    const [rows, total, book] = await Promise.all([
      reader.list({ where, order: byName, limit, offset }),
      reader.count(where),
      this.books.at(now),
    ]);
    return { items: rows.map((row) => publicOf(row, book)), total };
  }

  async find(ref: catalog.ModelRef, now: number): Promise<catalog.ModelView | undefined> {
    const found = await this.findRow(ref, now);
    return found && shown(found.row, found.book);
  }

  async findPublic(ref: catalog.ModelRef, now: number): Promise<catalog.PublicModelView | undefined> {
    const found = await this.findRow(ref, now);
    return found && publicOf(found.row, found.book);
  }

  /** Those of them that there are, by name; each once, by however many names it is called. */
  async all(refs: readonly string[], now: number): Promise<catalog.ModelView[]> {
    const reader = this.store.read(models);
    const [rows, book] = await Promise.all([
      reader.rows(
        `SELECT ${reader.columns} FROM models WHERE name = ANY($1::text[]) OR model_id::text = ANY($1::text[]) OR aliases ?| $1::text[] ORDER BY name`,
        [refs],
      ),
      this.books.at(now),
    ]);
    return rows.map((row) => shown(row, book));
  }

  private async findRow(ref: catalog.ModelRef, now: number): Promise<{ readonly row: Row; readonly book: Book | undefined } | undefined> {
    const modelId = await modelIdOf(this.store, ref);
    if (modelId === undefined) return undefined;
    const [row, book] = await Promise.all([this.store.read(models).one({ modelId }), this.books.at(now)]);
    return row && { row, book };
  }
}
