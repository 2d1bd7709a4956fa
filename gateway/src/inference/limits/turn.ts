import type { Call, Kept, Settling } from './encode.ts';
import type { Answer, Meter, Reservation, Stand, Terms } from './meters.ts';
import { creditKeyOf, lostKeyOf, minuteKeyOf, openKeysOf, termsOf, unsentKeyOf } from './terms.ts';

/** One request that is to be let in. */
export interface ReserveEntry {
  readonly kind: 'reserve';
  readonly reservation: Reservation;
  readonly leaseMs: number;
  readonly record: string;
}

/** One that is to be settled. */
export interface SettleEntry {
  readonly kind: 'settle';
  readonly settling: Settling;
  readonly kept: Kept;
  /** What settles one that is not open needs one key more: it is given where that was the answer. */
  readonly isMarked: boolean;
}

export type Entry = ReserveEntry | SettleEntry;

const takenOf = (meter: Meter): number | bigint => (meter.kind === 'places' ? 0 : meter.units);

/** Keys and arguments of the script `turn`, entry by entry. What several entries share is given once. */
class TurnCall {
  readonly #orgId: string;
  readonly #keys: string[] = [];
  readonly #terms: Terms[] = [];
  /** Below its number, at which place of the keys each minute stands. */
  readonly #minutes = new Map<number, number>();
  readonly #said: string[] = [];

  constructor(orgId: string, entries: readonly Entry[]) {
    this.#orgId = orgId;
    this.#keys.push(...openKeysOf(orgId), creditKeyOf(orgId), unsentKeyOf(orgId));
    // The keys of meters come before all others.
    const numbers = entries.map((entry) => this.#termsAt(entry.kind === 'reserve' ? termsOf(entry.reservation) : entry.settling.terms));
    for (const [index, entry] of entries.entries()) {
      const terms = numbers[index] ?? 0;
      if (entry.kind === 'reserve') this.#reserve(entry, terms);
      else this.#settle(entry, terms);
    }
  }

  get call(): Call {
    return { keys: this.#keys, given: [this.#terms.length, ...this.#terms.map(({ text }) => text), ...this.#said] };
  }

  #termsAt(terms: Terms): number {
    const known = this.#terms.indexOf(terms);
    if (known >= 0) return known + 1;
    this.#keys.push(...terms.keys);
    return this.#terms.push(terms);
  }

  #reserve({ reservation, leaseMs, record }: ReserveEntry, terms: number): void {
    const { requestId, cost, credit, meters } = reservation;
    const ledger = credit ? `${credit.balance + credit.booked} ${credit.booked}` : '- -';
    let said = `reserve ${terms} ${requestId} ${leaseMs} ${cost} ${ledger}`;
    for (const meter of meters) said += ` ${takenOf(meter)}`;
    this.#said.push(said, record);
  }

  #settle({ settling, kept, isMarked }: SettleEntry, terms: number): void {
    const { requestId, released, cost, backs } = settling;
    const minute = kept.text === '' ? 0 : this.#minuteAt(kept.minute);
    const mark = isMarked ? this.#keys.push(lostKeyOf(this.#orgId, requestId)) : 0;
    this.#said.push(`settle ${terms} ${requestId} ${released} ${cost} ${minute} ${mark} ${kept.isLost ? 1 : 0} ${backs}`, kept.text);
  }

  #minuteAt(minute: number): number {
    const known = this.#minutes.get(minute);
    if (known !== undefined) return known;
    const at = this.#keys.push(minuteKeyOf(this.#orgId, minute));
    this.#minutes.set(minute, at);
    return at;
  }
}

/** All that one organization's requests ask of Redis at once, in one call. */
export const turnCall = (orgId: string, entries: readonly Entry[]): Call => new TurnCall(orgId, entries).call;

const nothingLeft: Stand = { isRefused: false, left: 0n, waitMicros: 0 };

/** How the credit and each meter stand. Of who was let in it is said what is left; of who was not, what refused, too, and for how long. */
const standsIn = (words: readonly string[], isAllowed: boolean): readonly Stand[] => {
  const stands: Stand[] = [];
  if (isAllowed) {
    for (let at = 2; at < words.length; at += 1) stands.push({ isRefused: false, left: BigInt(words[at] ?? 0), waitMicros: 0 });
    return stands;
  }
  for (let at = 2; at < words.length; at += 3) {
    stands.push({ isRefused: words[at] === '1', left: BigInt(words[at + 1] ?? 0), waitMicros: Number(words[at + 2]) });
  }
  return stands;
};

/** What the script answered to a reservation, and by which clock, in microseconds. */
export const readAnswer = (told: string, { credit, meters }: Reservation): { readonly answer: Answer; readonly now: number } => {
  const words = told.split(' ');
  const isAllowed = words[0] === '1';
  const [ofCredit = nothingLeft, ...ofMeters] = standsIn(words, isAllowed);
  if (ofMeters.length !== meters.length) throw new RangeError(`${meters.length} meters, ${ofMeters.length} answers`);
  return { answer: { isAllowed, credit: credit && ofCredit, meters: ofMeters }, now: Number(words[1]) };
};
