import { type catalog, epochOf } from '@orrery/contracts';
import { Snapshot } from '../../access/snapshot.ts';
import type { OfferedModel } from './offer.ts';

/** A model of the catalog, as it was published last. */
export interface KnownModel extends OfferedModel, Pick<catalog.ModelSnapshot, 'provider' | 'source' | 'displayName' | 'registeredAt'> {
  readonly aliases: readonly string[];
  readonly isLive: boolean;
  /** In the order in which they take effect. */
  readonly books: readonly (catalog.ModelPrices & { readonly from: number })[];
}

const keyOf = (name: string): string => name.toLowerCase();

const known = (model: catalog.ModelSnapshot): KnownModel => ({
  ...model,
  names: [model.name, ...model.aliases],
  books: model.books.map((book) => ({ ...book, from: epochOf(book.effectiveAt) })),
});

/** The models of the catalog by every name and by their ids, whatever the size of the letters. */
export class Models {
  readonly #byId = new Map<string, KnownModel>();
  readonly #ids = new Map<string, string>();
  #revision = 0;
  #pricesChangeAt = Number.NEGATIVE_INFINITY;
  readonly snapshot = new Snapshot<catalog.ModelSnapshot>((id, now) => this.#changed(id, now));

  get all(): Iterable<KnownModel> {
    return this.#byId.values();
  }

  find(ref: string): KnownModel | undefined {
    const key = keyOf(ref);
    return this.#byId.get(this.#ids.get(key) ?? key);
  }

  /** Another one after each change. */
  get revision(): number {
    return this.#revision;
  }

  /** When a price book of any model takes effect next, in milliseconds since the epoch. */
  pricesChangeAfter(at: number): number {
    if (at >= this.#pricesChangeAt) {
      const later = [...this.#byId.values()].flatMap(({ books }) => books.map(({ from }) => from).filter((from) => from > at));
      this.#pricesChangeAt = later.reduce((soonest, from) => Math.min(soonest, from), Number.POSITIVE_INFINITY);
    }
    return this.#pricesChangeAt;
  }

  #changed(id: string, now: catalog.ModelSnapshot | undefined): void {
    this.#revision += 1;
    this.#pricesChangeAt = Number.NEGATIVE_INFINITY;
    for (const name of this.#byId.get(id)?.names ?? []) {
      // Another model may have taken the name since.
      if (this.#ids.get(keyOf(name)) === id) this.#ids.delete(keyOf(name));
    }
    this.#byId.delete(id);
    if (now === undefined) return;
    const model = known(now);
    this.#byId.set(id, model);
    for (const name of model.names) this.#ids.set(keyOf(name), id);
  }
}

/** The prices that hold at a moment, in milliseconds since the epoch; undefined: nothing is charged yet. */
export const pricesAt = ({ books }: KnownModel, at: number): catalog.ModelPrices | undefined => books.findLast(({ from }) => from <= at);
