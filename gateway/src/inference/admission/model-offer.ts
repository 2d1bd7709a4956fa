import { type Currency, type catalog, parseNanos } from '@orrery/contracts';
import { metrics } from '@orrery/telemetry';
import type { Failure } from '../../failure.ts';
import type { Reserved } from '../accounting/estimate.ts';
import { costOf, type Prices } from '../accounting/prices.ts';
import type { Answer, LedgerSnapshot, Reservation } from '../limits/meters.ts';
import type { Bound } from './bounds.ts';
import { metersOf } from './meters-of.ts';
import { type KnownModel, pricesAt } from './models.ts';
import type { AskedTokens, Offer, Served } from './offer.ts';
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

const listOf = (model: KnownModel, at: number): readonly catalog.ModelPrice[] => pricesAt(model, at)?.prices ?? [];
const isCharged = ({ nanosPerUnit }: catalog.ModelPrice): boolean => parseNanos(nanosPerUnit) > 0n;

export class ModelOffer implements Offer {
  readonly orgId: string;
  readonly model: KnownModel;
  readonly currency: Currency;
  readonly priceVersion: number | null;
  readonly #parts: ModelOfferParts;
  readonly #prices: readonly catalog.ModelPrice[];

  constructor(parts: ModelOfferParts) {
    const { orgId, model, currency, at } = parts;
    this.orgId = orgId;
    this.model = model;
    this.currency = currency;
    this.#parts = parts;
    this.#prices = listOf(model, at);
    this.priceVersion = this.#prices.length === 0 ? null : (pricesAt(model, at)?.version ?? null);
  }

  pricesAt({ model: name, upstream }: Served): Prices {
    const { at } = this.#parts;
    const other = name === undefined ? undefined : this.#otherBy(name);
    const { name: resource } = other ?? this.model;
    const prices = other === undefined ? this.#prices : listOf(other, at);
    return { resource, prices, ...(upstream === undefined ? {} : { provider: upstream }) };
  }

  tokensFor(asked: AskedTokens): Reserved {
    return tokensFor(this.model, asked);
  }

  reservationFor(requestId: string, tokens: Reserved, now: number): Reservation {
    const { orgId, ledger, bounds } = this.#parts;
    const cost = this.#mostFor(tokens);
    // What costs nothing needs no credit.
    const credit = this.#prices.some(isCharged) ? ledger : undefined;
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

  /** At the dearest of those who may serve it. */
  #mostFor({ input, output }: Reserved): bigint {
    const providers = new Set([undefined, ...this.#prices.map(({ provider }) => provider)]);
    let most = 0n;
    for (const upstream of providers) {
      const cost = costOf({ input, output, cached: 0 }, this.pricesAt(upstream === undefined ? {} : { upstream }));
      if (cost > most) most = cost;
    }
    return most;
  }
}
