import type { Currency, catalog } from '@orrery/contracts';
import type { Caller } from '../../access/caller.ts';
import type { Failure } from '../../failure.ts';
import type { SetAside } from '../accounting/estimate.ts';
import type { Prices } from '../accounting/prices.ts';
import type { Answer, Reservation } from '../limits/meters.ts';

/** A model as it may be called now. */
export interface OfferedModel {
  readonly modelId: catalog.ModelId;
  /** As its prices name it. */
  readonly name: string;
  /** All that it is called: its name, then its other names. Routes may know it by any of them. */
  readonly names: readonly string[];
  /** In tokens, of prompt and answer together; null where nobody said. */
  readonly contextLength: number | null;
  readonly maxOutputTokens: number | null;
}

/** As much as must be known of a request to say how many tokens it can come to. */
export interface AskedTokens {
  /** Of the prompt, about. */
  readonly input: number;
  /** What the prompt cannot be more than, whatever language it is in. */
  readonly mostInput: number;
  /** `max_tokens` and the like, of each answer; undefined where the client does not say. */
  readonly output?: number | undefined;
  /** How many answers are asked for: `n`, or `best_of` where that is more, for each prompt. */
  readonly choices?: number | undefined;
  /** How many prompts the input is of. */
  readonly prompts?: number | undefined;
}

/** Who serves a request in the end. */
export interface Served {
  /** By any of its names; left out: the model that was asked for. A fallback may lead to another one. */
  readonly model?: string;
  /** The name of the upstream: where it is the id of a provider, the prices of that provider hold. */
  readonly upstream?: string;
}

export interface ServedPrices extends Prices {
  /** Of the price book; null where it has no price for who serves. */
  readonly version: number | null;
}

/** A request that is to be let in, as far as it decides what is set aside. */
export interface Reserving {
  readonly requestId: string;
  readonly tokens: SetAside;
  /** All who may answer it, fallbacks too. */
  readonly served: readonly Served[];
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/** What a caller may have of a model, as everything was when they asked. */
export interface Offer {
  readonly orgId: string;
  readonly model: OfferedModel;
  /** Of the account, and so of the prices. */
  readonly currency: Currency;
  /** Of the price book of the moment at which it was made, whatever has taken effect since. */
  pricesAt(served: Served): ServedPrices;
  /** The most that it can come to. */
  tokensFor(asked: AskedTokens): SetAside;
  /** At the dearest of those who may answer. */
  reservationFor(reserving: Reserving): Reservation;
  /** Why it was not let in: which limit, and what mends it. */
  refusalOf(reservation: Reservation, answer: Answer, now: number): Failure;
  /** How the caller stands, for the headers of an answer: `x-ratelimit-*`. */
  headersOf(reservation: Reservation, answer: Answer, now: number): Readonly<Record<string, string>>;
}

/** Why there is no offer. */
export interface Refusal {
  readonly refused: Failure;
}

/** Says what a caller may have, from what lies in memory: nobody is asked. */
export interface Admission {
  /** By any name of the model, or its id. */
  offer(caller: Caller, model: string): Offer | Refusal;
}
