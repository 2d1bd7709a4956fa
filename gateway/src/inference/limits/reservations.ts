import type { Log } from '@orrery/telemetry';
import { SharedRedis } from '../../limit/shared-redis.ts';
import { Book } from './book.ts';
import { type Kept, nothingKept, renewCall, type Settling, settlingOf } from './encode.ts';
import { LastKnown } from './last-known.ts';
import type { Answer, Reservation, Use } from './meters.ts';
import { forgetLua, minuteLua, officeLua, overdueLua, renewLua, reservedLua, turnLua, unsentLua } from './scripts.lua.ts';
import { creditKeyOf, minuteKeyOf, openKeysOf, orgOfKey, type PerOrg, patternOf, unsentKeyOf } from './terms.ts';
import { readAnswer } from './turn.ts';
import { Turns } from './turns.ts';

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

/** What Redis was told when a request was settled, as far as this gateway knows. */
export type SettledBy = 'this' | 'another' | 'unknown';

interface Late {
  readonly settling: Settling;
  readonly kept: Kept;
}

/** What a request came to, as it is kept until it is told. */
export interface Unsent {
  readonly requestId: string;
  readonly text: string;
}

export interface SettledMinute {
  readonly cost: bigint;
  readonly requests: number;
}

const scripts = {
  turn: turnLua,
  renew: renewLua,
  overdue: overdueLua,
  forget: forgetLua,
  unsent: unsentLua,
  minute: minuteLua,
  reserved: reservedLua,
  office: officeLua,
};

/** Those beyond are found as overdue. */
const maxLate = 10_000;
const overduePage = 100;
/** What the script answers of a request that is not open, where it must be asked again, with one key more. */
const notOpen = '-2';
const settledBy = (told: string | undefined): SettledBy => {
  if (told === undefined) return 'unknown';
  return told === '0' ? 'another' : 'this';
};
const microsNow = (): number => Math.round(Date.now() * 1e3);

/** Reserves, renews and settles: in one round trip to Redis each, together with others; by itself, with little money, while Redis does not answer. */
export class Reservations {
  readonly #redis: SharedRedis;
  readonly #turns: Turns;
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
      scripts,
      meanwhile: 'this gateway gives out an eighth of the money that it knew to be left',
    });
    this.#turns = new Turns(this.#redis);
  }

  get isAlone(): boolean {
    return this.#redis.isAway;
  }

  /** `record` is what whoever finds it unsettled must know. */
  reserve(reservation: Reservation, record: string): Promise<Decided> {
    const entry = { kind: 'reserve', reservation, leaseMs: this.#leaseMs, record } as const;
    return new Promise((resolve, reject) => {
      this.#turns.ask(reservation.orgId, entry, (told) => {
        try {
          resolve(told === undefined ? this.#alone(reservation) : this.#decided(reservation, told));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /**
   * Any number of times: the first one counts. `unknown`: Redis has not answered; it is told again when it does, and whatever is to be kept is kept then.
   * `another`: whoever found it overdue has settled it, and keeps what there is to keep.
   */
  settle({ reservation, book }: Held, use: Use, kept: Kept = nothingKept): Promise<SettledBy> {
    const late = { settling: settlingOf(reservation, use), kept };
    if (book) {
      book.settle(reservation.requestId, use, microsNow());
      // Redis may have reserved it too, and only its answer was lost.
      this.#tellLater(late);
      return Promise.resolve('unknown');
    }
    return new Promise((resolve) => {
      this.#settle(late, (by) => {
        if (by === 'unknown') this.#tellLater(late);
        resolve(by);
      });
    });
  }

  /** What was found overdue. */
  settleLost(settling: Settling, kept: Kept): Promise<SettledBy> {
    return this.#settled({ settling, kept });
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

  /** Organizations that have keys of this kind; some may be told twice. */
  async *organizations(kind: PerOrg): AsyncGenerator<string> {
    let cursor = '0';
    do {
      const page = await this.#redis.keys(patternOf(kind), cursor);
      if (page === undefined) return;
      const [next, keys] = page;
      for (const key of keys) {
        const orgId = orgOfKey(key);
        if (orgId !== undefined) yield orgId;
      }
      cursor = next;
    } while (cursor !== '0');
  }

  /** Of one organization: some of what is kept, and where to go on; it begins and ends at `0`. Undefined where Redis does not answer. */
  async unsent(orgId: string, cursor: string): Promise<{ readonly next: string; readonly all: readonly Unsent[] } | undefined> {
    const told = await this.#redis.run('unsent', [unsentKeyOf(orgId)], [cursor]);
    if (told === undefined) return undefined;
    // A cursor, then names and values in turn.
    const [next, pairs] = told as readonly [string, readonly string[]];
    const all = Array.from({ length: pairs.length / 2 }, (_, index) => ({
      requestId: pairs[2 * index] ?? '',
      text: pairs[2 * index + 1] ?? '',
    }));
    return { next, all };
  }

  /** What has been told need not be kept. False where Redis does not answer. */
  async forget(orgId: string, requestIds: readonly string[]): Promise<boolean> {
    return (await this.#redis.run('forget', [unsentKeyOf(orgId)], requestIds)) !== undefined;
  }

  /** What was settled for one organization in one minute. Undefined where Redis does not answer. */
  async settledIn(orgId: string, minute: number): Promise<SettledMinute | undefined> {
    const told = await this.#redis.run('minute', [minuteKeyOf(orgId, minute)], []);
    if (told === undefined) return undefined;
    // The script answers two texts.
    const [cost = '0', requests = '0'] = told as readonly string[];
    return { cost: BigInt(cost), requests: Number(requests) };
  }

  /** What is set aside for one organization, and what is noted of its open requests, at one moment. Undefined where Redis does not answer. */
  async reservedFor(orgId: string): Promise<{ readonly reserved: bigint; readonly records: readonly string[] } | undefined> {
    const [, records = ''] = openKeysOf(orgId);
    const told = await this.#redis.run('reserved', [creditKeyOf(orgId), records], []);
    if (told === undefined) return undefined;
    // A number as text, then texts.
    const [reserved, notes] = told as readonly [string, readonly string[]];
    return { reserved: BigInt(reserved), records: notes };
  }

  /** Whether this gateway is the one that looks after what others have left behind; for so long at least. */
  async holdsOffice(office: string, holder: string, forMs: number): Promise<boolean> {
    return (await this.#redis.run('office', [`orrery:inference:office:${office}`], [holder, forMs])) === 1;
  }

  /** Tells what was settled while Redis was away, as far as it listens. */
  async tellLate(): Promise<void> {
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#late[0]; next !== undefined; next = this.#late[0]) {
        if ((await this.#settled(next)) === 'unknown') return;
        this.#late.shift();
      }
    } finally {
      this.#telling = false;
    }
  }

  async close(): Promise<void> {
    await this.tellLate();
    this.#redis.close();
  }

  #alone(reservation: Reservation): Decided {
    this.#book ??= new Book();
    const answer = this.#book.reserve(this.#lastKnown.cautious(reservation), { now: microsNow(), leaseMs: this.#leaseMs });
    return { answer, held: answer.isAllowed ? { reservation, book: this.#book } : undefined };
  }

  #decided(reservation: Reservation, told: string): Decided {
    this.#book = undefined;
    const { answer } = readAnswer(told, reservation);
    this.#lastKnown.note(reservation, answer);
    if (this.#late.length > 0) void this.tellLate();
    return { answer, held: answer.isAllowed ? { reservation, book: undefined } : undefined };
  }

  #settled(late: Late): Promise<SettledBy> {
    return new Promise((resolve) => this.#settle(late, resolve));
  }

  #settle({ settling, kept }: Late, heard: (by: SettledBy) => void): void {
    const { orgId } = settling;
    const entry = { kind: 'settle', settling, kept, isMarked: kept.isLost } as const;
    this.#turns.ask(orgId, entry, (told) => {
      if (told === notOpen) this.#turns.ask(orgId, { ...entry, isMarked: true }, (again) => heard(settledBy(again)));
      else heard(settledBy(told));
    });
  }

  #tellLater(late: Late): void {
    if (this.#late.length < maxLate) this.#late.push(late);
  }
}
