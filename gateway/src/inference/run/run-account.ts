import { metrics } from '@orrery/telemetry';
import { Failed } from '../../failure.ts';
import type { Reserved } from '../accounting/estimate.ts';
import type { Ending } from '../accounting/outcomes.ts';
import { type Account, type AccountEvent, openAccount, type Settlement, told } from '../accounting/request-account.ts';
import type { Offer, ServedPrices } from '../admission/offer.ts';
import { guardrailTag } from '../forward/tags.ts';
import { Blocked } from '../guardrails/blocked.ts';
import type { CameTo } from '../shapes/shape.ts';
import { settledIfLost, type Told, toldOf } from '../usage/told.ts';
import type { AnswerReader } from '../wire/answer-reader.ts';
import { type Asker, factsOf } from './record.ts';

export interface AccountOptions {
  readonly asker: Asker;
  readonly offer: Offer;
  readonly reserved: Reserved;
  readonly isStreaming: boolean;
  readonly clock: () => number;
}

/** What one request came to so far, and in the end. */
export class RunAccount {
  readonly #options: AccountOptions;
  readonly startedAt: number;
  #account: Account;
  #reader: AnswerReader | undefined;
  #upstream: string | null = null;
  #priceVersion: number | null;
  #firstByteMs: number | null = null;
  #ending: Ending | undefined;
  /** Of the HTTP answer. */
  status = 200;
  /** A code, where it did not end well. */
  error: string | null = null;
  /** Of the guardrail that blocked it. */
  blockedBy: string | undefined;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.startedAt = options.clock();
    const prices = options.offer.pricesAt({});
    this.#account = openAccount(options.reserved, prices);
    this.#priceVersion = prices.version;
  }

  /** Whoever answers is paid what that costs there. */
  toward(upstream: string, prices: ServedPrices): void {
    this.#upstream = upstream;
    this.#priceVersion = prices.version;
    this.tell({ type: 'fell-back', prices });
  }

  tell(event: AccountEvent): void {
    this.#account = told(this.#account, event);
  }

  /** The first byte is there; from here on the answer is counted as it passes. */
  count(reader: AnswerReader): void {
    this.#firstByteMs = this.#options.clock() - this.startedAt;
    this.#reader = reader;
  }

  get firstByteMs(): number | null {
    return this.#firstByteMs;
  }

  /** Whether it costs something from here on, whoever leaves. */
  get isSent(): boolean {
    const { phase } = this.#account;
    return phase !== 'admitted' && phase !== 'settled';
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The first ending holds. */
  endAs(ending: Ending): void {
    this.#ending ??= ending;
  }

  /** If what came is all there is. */
  ifFinished(): CameTo {
    const finished = told(this.#now(), { type: 'ended', ending: 'finished' });
    return { cost: finished.phase === 'settled' ? finished.settlement.cost : 0n, ms: this.#options.clock() - this.startedAt };
  }

  /** What is said of it where it was refused or broke. */
  failedWith(error: unknown): void {
    this.status = error instanceof Failed ? error.failure.status : 500;
    this.error = error instanceof Failed ? error.failure.code : 'Fault';
    if (!(error instanceof Blocked)) return;
    this.endAs('blocked');
    metrics.guardrails.add(1, { did: 'blocked', stage: error.stage });
    this.blockedBy = error.guardrail;
  }

  /** By how it ended; what nobody ended has failed. */
  settle(): Settlement {
    this.#account = told(this.#now(), { type: 'ended', ending: this.#ending ?? 'upstream-failed' });
    if (this.#account.phase !== 'settled') throw new TypeError('what has ended is settled');
    return this.#account.settlement;
  }

  told(settlement: Settlement): Told {
    const { asker, offer, isStreaming, clock } = this.#options;
    const facts = factsOf(asker, {
      offer,
      isStreaming,
      status: this.status,
      error: this.error,
      tags: this.blockedBy === undefined ? [] : [`${guardrailTag}${this.blockedBy}`],
      startedAt: this.startedAt,
      upstream: this.#upstream,
      priceVersion: this.#priceVersion,
      firstByteMs: this.#firstByteMs,
      endedAt: clock(),
    });
    return toldOf(settlement, facts);
  }

  /** If this process were killed now. */
  ifLost(): Told {
    return this.told(settledIfLost(this.#now()));
  }

  #now(): Account {
    const seen = this.#reader?.seen();
    if (seen === undefined || this.#account.phase === 'settled') return this.#account;
    const { usage, textLength, uncountedLength } = seen;
    const withText = (account: Account, length: number): Account => (length > 0 ? told(account, { type: 'text-seen', length }) : account);
    const begun = told(this.#account, { type: 'first-byte' });
    if (usage === undefined) return withText(begun, textLength);
    const counted = told(withText(begun, textLength - uncountedLength), { type: 'usage-seen', usage });
    return withText(counted, uncountedLength);
  }
}
