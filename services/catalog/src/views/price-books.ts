import { type catalog, instantOf, type NanosText } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { priceBooks } from './price-books.view.ts';

const kept = 16;
const mostAfter = 50;

/** A price book, by what its prices are of. */
export class Book {
  readonly #ofModels = new Map<string, catalog.ModelPrice[]>();
  readonly #ofMachines = new Map<string, NanosText>();

  constructor(readonly view: catalog.PriceBookView) {
    for (const price of view.prices) {
      if (price.meter === 'run.seconds') this.#ofMachines.set(price.resource, price.nanosPerUnit);
      else this.#ofModels.set(price.resource, [...(this.#ofModels.get(price.resource) ?? []), price]);
    }
  }

  ofModel(name: string): catalog.ModelPrice[] {
    return this.#ofModels.get(name) ?? [];
  }

  ofMachine(name: string): NanosText | undefined {
    return this.#ofMachines.get(name);
  }
}

/** Price books by version. What is in one never changes, and it is large: it is read once. */
export class PriceBooks {
  readonly #kept = new Map<number, Book>();

  constructor(private readonly store: EventStore) {}

  async version(version: number): Promise<Book | undefined> {
    const known = this.#kept.get(version);
    if (known) return known;
    const view = await this.store.read(priceBooks).one({ version });
    return view && this.#keep(new Book(view));
  }

  /** The book in force at a moment (milliseconds since the epoch): the newest that was already effective. */
  async at(at: number): Promise<Book | undefined> {
    const { rows } = await this.store.pool.query<{ version: string }>({
      name: 'price-book-at',
      text: 'SELECT version FROM price_books WHERE effective_at <= $1 ORDER BY version DESC LIMIT 1',
      values: [instantOf(at)],
    });
    return rows[0] && (await this.version(Number(rows[0].version)));
  }

  /** The book in force at a moment and those after it, in their order, as far as they are not too many. */
  async from(at: number): Promise<readonly Book[]> {
    const current = await this.at(at);
    const { rows } = await this.store.pool.query<{ version: string }>({
      name: 'price-books-after',
      text: 'SELECT version FROM price_books WHERE version > $1 ORDER BY version LIMIT $2',
      values: [current?.view.version ?? 0, mostAfter],
    });
    const later = await Promise.all(rows.map(({ version }) => this.version(Number(version))));
    return [current, ...later].flatMap((book) => book ?? []);
  }

  #keep(book: Book): Book {
    this.#kept.set(book.view.version, book);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > kept && oldest !== undefined) this.#kept.delete(oldest);
    return book;
  }
}
