import { randomUUID } from 'node:crypto';
import { billing, formatNanos, type inference, parseNanos, type RequestContext } from '@orrery/contracts';
import { checkpointOf, type EventStore, writeCheckpoint } from '@orrery/event-store';
import { type Place, repeat, systemClock } from '@orrery/kernel';
import type { Bus } from '@orrery/messaging';
import type { Term } from '@orrery/process';
import { type Log, metrics } from '@orrery/telemetry';
import { tellDifferences } from './differences.ts';

/** Who compares usage with the ledger: one process for all replicas. */
export const comparisonOffice = 'comparison';

export interface ComparisonParts {
  readonly store: EventStore;
  readonly bus: Bus;
  readonly log: Log;
}

const everyMs = 15_000;
/** How long a charge may take before it is missed. */
const graceMs = 60_000;
/** Settlements that wait to be compared; beyond, the log is read no further. */
const mostWaiting = 10_000;
const page = 200;
const askMs = 5_000;

interface Row {
  readonly settlementId: inference.SettlementId;
  readonly orgId: inference.Settlement['orgId'];
  /** As the requests of the inference log sum up, not as the settlement says. */
  readonly cost: inference.Settlement['cost'];
  readonly requests: number;
}

interface Waiting extends Row {
  /** The place in the log after which it comes. */
  readonly after: Place;
  readonly seenAt: number;
}

interface Settled extends Row {
  readonly transaction: bigint;
  readonly position: bigint;
}

/** By its place in the log, as consumers read it: a settlement that is committed late has a late place, whatever moment it tells. */
const settledAfter = `
  SELECT e.transaction, e.position, s.settlement_id AS "settlementId", s.org_id AS "orgId", coalesce(l.cost, 0)::text AS cost, l.requests::int AS requests
  FROM (
      SELECT transaction, position, stream FROM events
      WHERE (transaction, position) > ($1::xid8, $2::bigint) AND transaction < pg_snapshot_xmin(pg_current_snapshot()) AND stream LIKE 'settlement-%'
      ORDER BY transaction, position LIMIT ${page}
    ) e
    JOIN settlements s ON s.settlement_id = substr(e.stream, length('settlement-') + 1)::uuid,
    LATERAL (SELECT sum(cost) AS cost, count(*) AS requests FROM inference_log WHERE settlement_id = s.settlement_id) l
  ORDER BY e.transaction, e.position`;

const contextAt = (now: number): RequestContext => ({
  principal: { kind: 'service', name: 'inference' },
  commandId: randomUUID(),
  idempotent: false,
  correlationId: randomUUID(),
  causationId: 'comparison',
  deadlineAt: now + askMs,
});

/** Compares every settlement with the ledger, in the order of the log. It is remembered how far that came, so that whoever goes on misses none. */
export class LedgerComparison {
  readonly #parts: ComparisonParts;
  #place: Place | undefined;
  #remembered: Place | undefined;
  /** In the order of the log: what is not on the ledger yet. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(parts: ComparisonParts) {
    this.#parts = parts;
  }

  async round(now: number): Promise<void> {
    const waiting = [...this.#waiting.values()];
    for (let from = 0; from < waiting.length; from += page) await this.#compare(waiting.slice(from, from + page), now);
    for (let isMore = true; isMore && this.#waiting.size < mostWaiting; ) {
      const read = await this.#readOn(now);
      if (read.length > 0) await this.#compare(read, now);
      isMore = read.length === page;
    }
    await this.#remember();
  }

  async #readOn(seenAt: number): Promise<readonly Waiting[]> {
    const { pool } = this.#parts.store;
    let after = this.#place ?? (await checkpointOf(pool, comparisonOffice));
    const values = [after.transaction.toString(), after.position.toString()];
    const { rows } = await pool.query<Settled>({ name: 'settled-after', text: settledAfter, values });
    const read = rows.map(({ transaction, position, ...row }): Waiting => {
      const waiting = { ...row, after, seenAt };
      after = { transaction, position };
      return waiting;
    });
    for (const waiting of read) this.#waiting.set(waiting.settlementId, waiting);
    this.#place = after;
    return read;
  }

  /** A charge is one entry that never changes: one that differs is told at once, one that is missing when it is late. */
  async #compare(waiting: readonly Waiting[], now: number): Promise<void> {
    const { store, bus, log } = this.#parts;
    const outcome = await bus.ask(
      billing.FindSettlements,
      { settlementIds: waiting.map(({ settlementId }) => settlementId) },
      contextAt(now),
    );
    if (!outcome.accepted) throw new Error(`billing refused to say what was charged: ${outcome.rejection.code}`);
    const charged = new Map<string, billing.TransactionView['amount']>(
      outcome.value.items.map(({ settlementId, amount }) => [settlementId, amount]),
    );
    const due = waiting.filter(({ settlementId, seenAt }) => charged.has(settlementId) || now - seenAt >= graceMs);
    await tellDifferences(
      store,
      log,
      due.flatMap((row) => differenceOf(row, charged.get(row.settlementId))),
    );
    for (const { settlementId } of due) this.#waiting.delete(settlementId);
    metrics.usageCompared.add(due.length, { between: 'log-and-ledger' });
  }

  /** What waits is read again by whoever holds the office next. */
  async #remember(): Promise<void> {
    const [first] = this.#waiting.values();
    const place = first?.after ?? this.#place;
    if (place === undefined || place === this.#remembered) return;
    await writeCheckpoint(this.#parts.store.pool, comparisonOffice, place);
    this.#remembered = place;
  }
}

const differenceOf = (
  { settlementId, orgId, cost, requests }: Row,
  charged: billing.TransactionView['amount'] | undefined,
): readonly inference.UsageDifference[] => {
  const amount = charged ?? formatNanos(0n);
  if (parseNanos(amount) === parseNanos(cost)) return [];
  return [
    { orgId, between: 'log-and-ledger', of: settlementId, first: cost, second: amount, firstRequests: requests, secondRequests: null },
  ];
};

export const serveComparison =
  (parts: ComparisonParts) =>
  async ({ signal }: Term): Promise<void> => {
    const comparison = new LedgerComparison(parts);
    const failed = (err: unknown): void => parts.log.warn({ err }, 'usage could not be compared with the ledger; trying again');
    await repeat(() => comparison.round(systemClock.now()), { everyMs, signal, failed });
  };
