import type { Log } from '@orrery/telemetry';
import { SharedRedis } from '../../limit/shared-redis.ts';
import { Book } from './book.ts';
import { openKeyPattern, openKeysOf, orgOfOpenKey, readAnswer, renewCall, reserveCall, settleCall } from './encode.ts';
import { LastKnown } from './last-known.ts';
import type { Answer, Reservation, Use } from './meters.ts';
import { overdueLua, renewLua, reserveLua, settleLua } from './scripts.lua.ts';

export interface ReservationsOptions {
  readonly url: string;
  readonly log: Log;
  readonly patienceMs?: number;
  /** How long a reservation holds its places if nobody renews it. */
  readonly leaseMs: number;
}

/** A request that was let in, and what it must be settled with. */
export interface Held {
  readonly reservation: Reservation;
  /** Where it was reserved; undefined: in Redis. */
  readonly book: Book | undefined;
}

export interface Decided {
  readonly answer: Answer;
  /** Undefined where it was refused. */
  readonly held: Held | undefined;
}

/** What nobody settled in time, with what was noted of it last. */
export interface Overdue {
  readonly requestId: string;
  readonly record: string;
}

interface Late {
  readonly reservation: Reservation;
  readonly use: Use;
}

/** Those beyond are found as overdue. */
const maxLate = 10_000;
const overduePage = 100;
const microsNow = (): number => Math.round(Date.now() * 1e3);

/** Reserves, renews and settles: in one round trip to Redis each; by itself, with little money, while Redis does not answer. */
export class Reservations {
  readonly #redis: SharedRedis;
  readonly #leaseMs: number;
  readonly #lastKnown = new LastKnown();
  /** Of the time since Redis was heard last. */
  #book: Book | undefined;
  /** Settled while Redis did not answer: it is told when it does. */
  readonly #late: Late[] = [];
  #telling = false;

  constructor({ url, log, patienceMs, leaseMs }: ReservationsOptions) {
    this.#leaseMs = leaseMs;
    this.#redis = new SharedRedis({
      url,
      log,
      ...(patienceMs === undefined ? {} : { patienceMs }),
      scripts: { reserve: reserveLua, settle: settleLua, renew: renewLua, overdue: overdueLua },
      meanwhile: 'this gateway gives out an eighth of the money that it knew to be left',
    });
  }

  get isAlone(): boolean {
    return this.#redis.isAway;
  }

  /** `record` is what whoever finds it unsettled must know. */
  async reserve(reservation: Reservation, record: string): Promise<Decided> {
    const { keys, given } = reserveCall(reservation, { leaseMs: this.#leaseMs, record });
    const told = await this.#redis.run('reserve', keys, given);
    if (told === undefined) return this.#alone(reservation);
    this.#book = undefined;
    // The scripts answer numbers and texts in this order.
    const answer = readAnswer(told as readonly (string | number)[], reservation);
    this.#lastKnown.note(reservation, answer);
    void this.#tellLate();
    return { answer, held: answer.isAllowed ? { reservation, book: undefined } : undefined };
  }

  /** Any number of times: the first one counts. */
  async settle({ reservation, book }: Held, use: Use): Promise<void> {
    if (book) {
      book.settle(reservation.requestId, use, microsNow());
      // Redis may have reserved it too, and only its answer was lost.
      this.#tellLater({ reservation, use });
    } else if (!(await this.#settled({ reservation, use }))) this.#tellLater({ reservation, use });
  }

  /** False where it was settled by somebody else, or where nobody knows. */
  async renew({ reservation, book }: Held, record: string): Promise<boolean> {
    if (book) return true;
    const { keys, given } = renewCall(reservation, { leaseMs: this.#leaseMs, record });
    return (await this.#redis.run('renew', keys, given)) === 1;
  }

  /** Of one organization: a page of those whose lease ran out. */
  async overdue(orgId: string): Promise<readonly Overdue[]> {
    const told = (await this.#redis.run('overdue', openKeysOf(orgId), [overduePage])) ?? [];
    // The script answers texts, two for each.
    const texts = told as readonly string[];
    return Array.from({ length: texts.length / 2 }, (_, index) => ({
      requestId: texts[2 * index] ?? '',
      record: texts[2 * index + 1] ?? '',
    }));
  }

  /** Organizations that have open requests; some may be told twice. */
  async *organizations(): AsyncGenerator<string> {
    let cursor = '0';
    do {
      const page = await this.#redis.keys(openKeyPattern, cursor);
      if (page === undefined) return;
      const [next, keys] = page;
      for (const key of keys) {
        const orgId = orgOfOpenKey(key);
        if (orgId !== undefined) yield orgId;
      }
      cursor = next;
    } while (cursor !== '0');
  }

  /** Tells what was settled late, as far as Redis listens. */
  async close(): Promise<void> {
    await this.#tellLate();
    this.#redis.close();
  }

  #alone(reservation: Reservation): Decided {
    this.#book ??= new Book();
    const answer = this.#book.reserve(this.#lastKnown.cautious(reservation), { now: microsNow(), leaseMs: this.#leaseMs });
    return { answer, held: answer.isAllowed ? { reservation, book: this.#book } : undefined };
  }

  async #settled({ reservation, use }: Late): Promise<boolean> {
    const { keys, given } = settleCall(reservation, use);
    return (await this.#redis.run('settle', keys, given)) !== undefined;
  }

  #tellLater(late: Late): void {
    if (this.#late.length < maxLate) this.#late.push(late);
  }

  async #tellLate(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#late[0]; next !== undefined; next = this.#late[0]) {
        if (!(await this.#settled(next))) return;
        this.#late.shift();
      }
    } finally {
      this.#telling = false;
    }
  }
}
