import { type Currency, type catalog, parseNanos } from '@orrery/contracts';
import { metrics } from '@orrery/telemetry';
import type { Failure } from '../../failure.ts';
import type { SetAside } from '../accounting/estimate.ts';
import { costOf } from '../accounting/prices.ts';
import { tariffOf } from '../accounting/tariff.ts';
import type { Answer, LedgerSnapshot, Reservation } from '../limits/meters.ts';
import type { Bound } from './bounds.ts';
import { Meters } from './meters-of.ts';
import { type KnownModel, pricesAt } from './models.ts';
import type { AskedTokens, Offer, Reserving, Served, ServedPrices } from './offer.ts';
import { refusalOf } from './refusals.ts';
import { rateHeaders } from './standing.ts';
import { tokensFor } from './tokens.ts';

export interface ModelOfferParts {
  readonly orgId: string;
  readonly model: KnownModel;
  readonly currency: Currency;
  /** What the ledger said last. */
  readonly ledger: () => LedgerSnapshot;
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

const isCharged = ({ nanosPerUnit }: catalog.Price): boolean => parseNanos(nanosPerUnit) > 0n;

interface KnownPrices extends ServedPrices {
  /** Whether it can come to anything. */
  readonly isCharged: boolean;
}

/** It knows nothing of any one request: all that ask for the same in the same name have the same one, as long as nothing about it changes. */
export class ModelOffer implements Offer {
  readonly orgId: string;
  readonly model: KnownModel;
  readonly currency: Currency;
  readonly #parts: ModelOfferParts;
  /** By who serves: few do. */
  readonly #prices = new Map<string, KnownPrices>();
  #meters: Meters;

  constructor(parts: ModelOfferParts) {
    const { orgId, model, currency, bounds, at } = parts;
    this.orgId = orgId;
    this.model = model;
    this.currency = currency;
    this.#parts = parts;
    this.#meters = new Meters(orgId, bounds, at);
  }

  pricesAt(served: Served): ServedPrices {
    return this.#pricesAt(served);
  }

  tokensFor(asked: AskedTokens): SetAside {
    return tokensFor(this.model, asked);
  }

  reservationFor({ requestId, tokens, served, now }: Reserving): Reservation {
    const most = { input: tokens.mostInput, output: tokens.output, cached: 0 };
    let [cost, isFree] = [0n, true];
    for (const each of served) {
      const prices = this.#pricesAt(each);
      if (!prices.isCharged) continue;
      const its = costOf(most, prices);
      if (its > cost) cost = its;
      isFree = false;
    }
    const { orgId, ledger } = this.#parts;
    const meters = this.#metersAt(now);
    // What costs nothing needs no credit.
    const credit = isFree ? undefined : ledger();
    return { requestId, orgId, cost, credit, meters: meters.of({ tokens, cost }), terms: meters.terms };
  }

  refusalOf(reservation: Reservation, answer: Answer, now: number): Failure {
    const failure = refusalOf(reservation, answer, { now, currency: this.currency });
    metrics.modelRefusals.add(1, { code: failure.code, of: String(failure.details['limitOf'] ?? 'account') });
    return failure;
  }

  headersOf({ meters }: Reservation, answer: Answer): Readonly<Record<string, string>> {
    return rateHeaders(meters, answer);
  }

  #metersAt(now: number): Meters {
    const { orgId, bounds } = this.#parts;
    if (!this.#meters.holdAt(now)) this.#meters = new Meters(orgId, bounds, now);
    return this.#meters;
  }

  #pricesAt(served: Served): KnownPrices {
    const { model, upstream } = served;
    const name = model === undefined ? (upstream ?? '') : `${upstream ?? ''}\0${model}`;
    const known = this.#prices.get(name);
    if (known !== undefined) return known;
    const found = this.#findPrices(served);
    this.#prices.set(name, found);
    return found;
  }

  #findPrices({ model: name, upstream }: Served): KnownPrices {
    const model = (name === undefined ? undefined : this.#otherBy(name)) ?? this.model;
    const { prices, version } = bookOf(model, this.#parts.at);
    const priced = { resource: model.name, prices, ...(upstream === undefined ? {} : { provider: upstream }) };
    return { ...priced, version, tariff: tariffOf(priced), isCharged: prices.some(isCharged) };
  }

  /** A model that the account can pay: amounts of another currency mean nothing to it. */
  #otherBy(name: string): KnownModel | undefined {
    const { at, find } = this.#parts;
    const other = find(name);
    const book = other && pricesAt(other, at);
    return book && book.prices.length > 0 && book.currency !== this.currency ? undefined : other;
  }
}
