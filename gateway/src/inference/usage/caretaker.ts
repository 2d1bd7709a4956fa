import { randomUUID } from 'node:crypto';
import { type Clock, repeat } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { Overdue, Reservations, Unsent } from '../limits/reservations.ts';
import { readNote, settledText } from './note.ts';
import type { UsagePublisher } from './publisher.ts';

export interface CaretakerOptions {
  readonly reservations: Reservations;
  readonly publisher: UsagePublisher;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs: number;
  /** Whoever lives has told its own by then. */
  readonly graceMs: number;
}

const office = 'caretaker';

/**
 * Looks after what other gateways have left behind: requests whose lease ran out, and records that nobody told. One gateway does it for all; two at once
 * do each thing once, because Redis settles a request once and the inference log takes a record once.
 */
export class Caretaker {
  readonly #options: CaretakerOptions;
  readonly #id = randomUUID();
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #heardSince = Number.POSITIVE_INFINITY;

  constructor(options: CaretakerOptions) {
    this.#options = options;
    const { everyMs, log } = options;
    const failed = (err: unknown): void => log.warn({ err }, 'could not look after what other gateways left behind; trying again');
    this.#running = repeat(() => this.#round(), { everyMs, signal: this.#over.signal, failed });
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #round(): Promise<void> {
    const { reservations, everyMs, graceMs } = this.#options;
    // Right after Redis was away, those who live are still telling it what they settled meanwhile.
    if (reservations.isAlone) this.#heardSince = Number.POSITIVE_INFINITY;
    else this.#heardSince = Math.min(this.#heardSince, performance.now());
    await reservations.tellLate();
    if (performance.now() - this.#heardSince < graceMs) return;
    if (!(await reservations.holdsOffice(office, this.#id, 3 * everyMs))) return;
    for await (const orgId of reservations.organizations('open')) await this.#settleOverdue(orgId);
    for await (const orgId of reservations.organizations('unsent')) await this.#tellUnsent(orgId);
  }

  async #settleOverdue(orgId: string): Promise<void> {
    const { reservations } = this.#options;
    for (;;) {
      if (this.#over.signal.aborted) return;
      const found = await reservations.overdue(orgId);
      const settled = await Promise.all(found.map((each) => this.#settle(each)));
      if (!settled.includes(true)) return;
    }
  }

  async #settle({ requestId, record: noted }: Overdue): Promise<boolean> {
    const { reservations, publisher, clock, log } = this.#options;
    const note = readNote(noted);
    if (note === undefined) {
      metrics.inferenceLost.add(1, { outcome: 'unreadable' });
      log.error({ requestId }, 'a request was never settled, and what was noted of it cannot be read');
      return false;
    }
    const { settling, record } = note;
    const { text, minute } = settledText(record, clock.now());
    const by = await reservations.settleLost(settling, { text, minute, isLost: true });
    if (by !== 'this') return by === 'another';
    metrics.inferenceLost.add(1, { outcome: 'settled' });
    const { orgId, cost } = record;
    log.warn({ requestId, orgId, cost }, 'a request was lost with its gateway, and is settled as estimated');
    publisher.tell({ orgId, requestId, text, isKept: true });
    return true;
  }

  /** It is money, and nobody can say how much: told as a text it is one that the inference log refuses, and keeps for an operator. */
  #putAside(orgId: string, { requestId, text }: Unsent): void {
    const { publisher, log } = this.#options;
    metrics.inferenceLost.add(1, { outcome: 'unreadable' });
    log.error({ requestId, orgId }, 'what was kept of a request cannot be read; it goes to refused_usage');
    publisher.tell({ orgId, requestId, text: JSON.stringify(text), isKept: true });
  }

  async #tellUnsent(orgId: string): Promise<void> {
    const { reservations, publisher, clock, graceMs } = this.#options;
    for (let cursor = '0'; !publisher.isBehind && !this.#over.signal.aborted; ) {
      const page = await reservations.unsent(orgId, cursor);
      for (const unsent of page?.all ?? []) {
        const settledAt = settledAtOf(unsent.text);
        if (settledAt === undefined) this.#putAside(orgId, unsent);
        else if (settledAt < clock.now() - graceMs) publisher.tell({ ...unsent, orgId, isKept: true });
      }
      if (page === undefined || page.next === '0') return;
      cursor = page.next;
    }
  }
}

/** In milliseconds since the epoch; undefined where it cannot be read. */
const settledAtOf = (text: string): number | undefined => {
  try {
    const settledAt = Date.parse(Reflect.get(Object(JSON.parse(text)), 'settledAt'));
    return Number.isNaN(settledAt) ? undefined : settledAt;
  } catch {
    return undefined;
  }
};
