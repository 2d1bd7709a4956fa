import { randomUUID } from 'node:crypto';
import { formatNanos, inference, instantOf, OrgId, parseNanos, type RequestContext } from '@orrery/contracts';
import { type Clock, repeat } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import { type Log, metrics } from '@orrery/telemetry';
import type { Reservations, SettledMinute } from '../limits/reservations.ts';
import { readNote } from './note.ts';

export interface ComparisonOptions {
  readonly reservations: Reservations;
  readonly bus: Pick<Bus, 'ask'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly everyMs?: number;
  /** So long after its end a minute is compared: most of it is in the inference log by then. */
  readonly closedMs?: number;
  /** So long after its end what still differs is told. */
  readonly patienceMs?: number;
}

type Sums = ReadonlyMap<string, SettledMinute>;

const office = 'comparison';
const askMs = 5_000;
/** Of older minutes Redis has forgotten what it counted. */
const oldestMinutes = 10;
const page = 500;
const nothing: SettledMinute = { cost: 0n, requests: 0 };

const minuteText = (minute: number): string => instantOf(minute * inference.minuteMs);

const contextAt = (now: number): RequestContext => ({
  principal: { kind: 'service', name: 'gateway' },
  commandId: randomUUID(),
  idempotent: false,
  correlationId: randomUUID(),
  causationId: 'comparison',
  deadlineAt: now + askMs,
});

/** What two that count the same minute do not agree on. */
export const differencesOf = (minute: number, limits: Sums, log: Sums): readonly inference.UsageDifference[] =>
  [...new Set([...limits.keys(), ...log.keys()])].flatMap((orgId) => {
    const [one, other] = [limits.get(orgId) ?? nothing, log.get(orgId) ?? nothing];
    if (one.cost === other.cost && one.requests === other.requests) return [];
    return [
      {
        orgId: OrgId.parse(orgId),
        between: 'limits-and-log',
        of: minuteText(minute),
        first: formatNanos(one.cost),
        second: formatNanos(other.cost),
        firstRequests: one.requests,
        secondRequests: other.requests,
      },
    ];
  });

/**
 * Compares, minute by minute, what Redis counted as settled with the inference log, and what is set aside with the requests that are open. One gateway
 * does it for all. What differs at first may be on its way; what differs for long is told.
 */
export class Comparison {
  readonly #options: Required<ComparisonOptions>;
  readonly #id = randomUUID();
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  #last: number | undefined;
  readonly #suspects = new Set<number>();

  constructor(options: ComparisonOptions) {
    this.#options = { everyMs: 15_000, closedMs: 90_000, patienceMs: 300_000, ...options };
    const { everyMs, log } = this.#options;
    const failed = (err: unknown): void => log.warn({ err }, 'limits and usage could not be compared; trying again');
    this.#running = repeat(() => this.#round(), { everyMs, signal: this.#over.signal, failed });
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await this.#running;
  }

  async #round(): Promise<void> {
    const { reservations, clock, everyMs, closedMs } = this.#options;
    if (reservations.isAlone || !(await reservations.holdsOffice(office, this.#id, 4 * everyMs))) return;
    const closed = Math.floor((clock.now() - closedMs) / inference.minuteMs) - 1;
    const oldest = closed - oldestMinutes;
    for (const minute of this.#suspects) if (minute < oldest) this.#giveUp(minute);
    for (let minute = Math.max(oldest, (this.#last ?? closed - 1) + 1); minute <= closed; minute += 1) {
      this.#suspects.add(minute);
      this.#last = minute;
    }
    for (const minute of this.#suspects) await this.#compare(minute);
    await this.#compareReserved();
  }

  async #compare(minute: number): Promise<void> {
    const { clock, patienceMs } = this.#options;
    const [limits, log] = [await this.#limitsOf(minute), await this.#logOf(minute)];
    const differences = differencesOf(minute, limits, log);
    const isLate = clock.now() >= (minute + 1) * inference.minuteMs + patienceMs;
    if (differences.length > 0 && !isLate) return;
    await this.#tell(differences);
    this.#suspects.delete(minute);
    metrics.usageCompared.add(1, { between: 'limits-and-log' });
  }

  /** Redis or inference was away for so long that nothing can be said of it. */
  #giveUp(minute: number): void {
    this.#suspects.delete(minute);
    this.#options.log.warn({ minute: minuteText(minute) }, 'limits and usage of a minute were never compared');
  }

  async #limitsOf(minute: number): Promise<Sums> {
    const { reservations } = this.#options;
    const sums = new Map<string, SettledMinute>();
    for await (const orgId of reservations.organizations(`minute:${minute}`)) {
      const settled = await reservations.settledIn(orgId, minute);
      if (settled === undefined) throw new Error('Redis went away while it was compared');
      sums.set(orgId, settled);
    }
    return sums;
  }

  async #logOf(minute: number): Promise<Sums> {
    const { bus, clock } = this.#options;
    const sums = new Map<string, SettledMinute>();
    let cursor: string | undefined;
    do {
      const input = { minute, limit: page, ...(cursor === undefined ? {} : { cursor }) };
      const outcome = await bus.ask(inference.SumMinute, input, contextAt(clock.now()));
      if (!outcome.accepted) throw new Error(`inference refused to sum a minute: ${outcome.rejection.code}`);
      for (const { orgId, cost, requests } of outcome.value.items) sums.set(orgId, { cost: parseNanos(cost), requests });
      cursor = outcome.value.nextCursor;
    } while (cursor !== undefined);
    return sums;
  }

  /** What is set aside is what the open requests set aside, at every moment. */
  async #compareReserved(): Promise<void> {
    const { reservations, clock } = this.#options;
    for await (const orgId of reservations.organizations('credit')) {
      const found = await reservations.reservedFor(orgId);
      if (found === undefined) return;
      const open = found.records.reduce((sum, record) => sum - BigInt(readNote(record)?.settling.released ?? '0'), 0n);
      if (open === found.reserved) continue;
      const moment = minuteText(Math.floor(clock.now() / inference.minuteMs));
      const sums = {
        first: formatNanos(found.reserved),
        second: formatNanos(open),
        firstRequests: found.records.length,
        secondRequests: null,
      };
      await this.#tell([{ orgId: OrgId.parse(orgId), between: 'limits-and-requests', of: moment, ...sums }]);
    }
  }

  async #tell(differences: readonly inference.UsageDifference[]): Promise<void> {
    const { bus, clock } = this.#options;
    for (let from = 0; from < differences.length; from += inference.mostDifferencesAtOnce) {
      const some = differences.slice(from, from + inference.mostDifferencesAtOnce);
      const outcome = await bus.ask(inference.ReportDifferences, { differences: some }, contextAt(clock.now()));
      if (!outcome.accepted) throw new Error(`inference refused to be told of differences: ${outcome.rejection.code}`);
    }
  }
}
