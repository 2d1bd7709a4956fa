import { type Currency, type catalog, parseNanos } from '@orrery/contracts';
import { metrics } from '@orrery/telemetry';
import type { Failure } from '../../failure.ts';
import type { SetAside } from '../accounting/estimate.ts';
import { costOf } from '../accounting/prices.ts';
import type { Answer, LedgerSnapshot, Reservation } from '../limits/meters.ts';
import type { Bound } from './bounds.ts';
import { metersOf } from './meters-of.ts';
import { type KnownModel, pricesAt } from './models.ts';
import type { AskedTokens, Offer, Reserving, Served, ServedPrices } from './offer.ts';
import { refusalOf } from './refusals.ts';
import { rateHeaders, standings } from './standing.ts';
import { tokensFor } from './tokens.ts';

export interface ModelOfferParts {
  readonly orgId: string;
  readonly model: KnownModel;
  readonly currency: Currency;
  readonly ledger: LedgerSnapshot;
  readonly bounds: readonly Bound[];
  /** When it was made, in milliseconds since the epoch: prices are those of then. */
  readonly at: number;
  /** Another model, by any name: for what a fallback costs. */
  readonly find: (name: string) => KnownModel | undefined;
}

type Book = Pick<ServedPrices, 'prices' | 'version'>;
const noPrices: Book = { prices: [], version: null };

const bookOf = (model: KnownModel, at: number): Book => {
  const book = pricesAt(model, at);
  return book === undefined || book.prices.length === 0 ? noPrices : book;
};
const dearer = (one: bigint, other: bigint): bigint => (one > other ? one : other);

/** Many serve at the same prices: each is worked out once. */
const distinct = (all: readonly ServedPrices[]): readonly ServedPrices[] => {
  const known = new Map<string, ServedPrices>();
  for (const served of all) {
    const isOwn = served.prices.some((price) => 'provider' in price && price.provider === served.provider);
    known.set(`${served.resource}\0${isOwn ? served.provider : ''}`, served);
  }
  return [...known.values()];
};

const isCharged = ({ nanosPerUnit }: catalog.Price): boolean => parseNanos(nanosPerUnit) > 0n;

export class ModelOffer implements Offer {
  readonly orgId: string;
  readonly model: KnownModel;
  readonly currency: Currency;
  readonly #parts: ModelOfferParts;
  readonly #book: Book;

  constructor(parts: ModelOfferParts) {
    const { orgId, model, currency, at } = parts;
    this.orgId = orgId;
    this.model = model;
    this.currency = currency;
    this.#parts = parts;
    this.#book = bookOf(model, at);
  }

  pricesAt({ model: name, upstream }: Served): ServedPrices {
    const other = name === undefined ? undefined : this.#otherBy(name);
    const { name: resource } = other ?? this.model;
    const { prices, version } = other === undefined ? this.#book : bookOf(other, this.#parts.at);
    return { resource, prices, version, ...(upstream === undefined ? {} : { provider: upstream }) };
  }

  tokensFor(asked: AskedTokens): SetAside {
    return tokensFor(this.model, asked);
  }

  reservationFor({ requestId, tokens, served, now }: Reserving): Reservation {
    const { orgId, ledger, bounds } = this.#parts;
    const all = distinct(served.map((each) => this.pricesAt(each)));
    const most = { input: tokens.mostInput, output: tokens.output, cached: 0 };
    const cost = all.reduce((dearest, prices) => dearer(dearest, costOf(most, prices)), 0n);
    // What costs nothing needs no credit.
    const credit = all.some(({ prices }) => prices.some(isCharged)) ? ledger : undefined;
    return { requestId, orgId, cost, credit, meters: metersOf(bounds, { tokens, cost, now }) };
  }

  refusalOf(reservation: Reservation, answer: Answer, now: number): Failure {
    const failure = refusalOf(reservation, answer, { now, currency: this.currency });
    metrics.modelRefusals.add(1, { code: failure.code, of: String(failure.details['limitOf'] ?? 'account') });
    return failure;
  }

  headersOf({ meters }: Reservation, answer: Answer): Readonly<Record<string, string>> {
    return rateHeaders(standings(meters, answer));
  }

  /** A model that the account can pay: amounts of another currency mean nothing to it. */
  #otherBy(name: string): KnownModel | undefined {
    const { at, find } = this.#parts;
    const other = find(name);
    const book = other && pricesAt(other, at);
    return book && book.prices.length > 0 && book.currency !== this.currency ? undefined : other;
  }
}
