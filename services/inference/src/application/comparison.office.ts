import { randomUUID } from 'node:crypto';
import { billing, inference, parseNanos, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { repeat, systemClock } from '@orrery/kernel';
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
/** What is older was compared by whoever held the office before. */
const lookBackMs = 24 * 3_600_000;
const page = 200;
const askMs = 5_000;

interface Row {
  readonly settlementId: inference.SettlementId;
  readonly orgId: inference.Settlement['orgId'];
  readonly at: Date;
  /** As the requests of the inference log sum up, not as the settlement says. */
  readonly cost: inference.Settlement['cost'];
  readonly requests: number;
}

/** Where the last round came to: by time, then by id. */
interface Mark {
  readonly at: Date;
  readonly settlementId: string;
}

const settledSince = `
  SELECT s.settlement_id AS "settlementId", s.org_id AS "orgId", s.at, coalesce(l.cost, 0)::text AS cost, l.requests::int AS requests
  FROM (SELECT * FROM settlements WHERE (at, settlement_id) > ($1, $2) AND at < $3 ORDER BY at, settlement_id LIMIT ${page}) s,
    LATERAL (SELECT sum(cost) AS cost, count(*) AS requests FROM inference_log WHERE settlement_id = s.settlement_id) l
  ORDER BY s.at, s.settlement_id`;

const contextAt = (now: number): RequestContext => ({
  principal: { kind: 'service', name: 'inference' },
  commandId: randomUUID(),
  idempotent: false,
  correlationId: randomUUID(),
  causationId: 'comparison',
  deadlineAt: now + askMs,
});

const compared = async ({ bus }: ComparisonParts, rows: readonly Row[]): Promise<readonly inference.UsageDifference[]> => {
  const settlementIds = rows.map(({ settlementId }) => settlementId);
  const outcome = await bus.ask(billing.FindSettlements, { settlementIds }, contextAt(systemClock.now()));
  if (!outcome.accepted) throw new Error(`billing refused to say what was charged: ${outcome.rejection.code}`);
  const charged = new Map<string, billing.TransactionView['amount']>(
    outcome.value.items.map(({ settlementId, amount }) => [settlementId, amount]),
  );
  return rows.flatMap(({ settlementId, orgId, cost, requests }) => {
    const amount = charged.get(settlementId) ?? ('0' as typeof cost);
    if (parseNanos(amount) === parseNanos(cost)) return [];
    const counts = { firstRequests: requests, secondRequests: null };
    return [{ orgId, between: 'log-and-ledger' as const, of: settlementId, first: cost, second: amount, ...counts }];
  });
};

/** Compares what was settled since the mark, as far as it should be in the ledger by now; answers how far it came. */
export const compareWithLedger = async (parts: ComparisonParts, since: Mark, until: Date): Promise<Mark> => {
  for (let mark = since; ; ) {
    const values = [mark.at, mark.settlementId, until];
    const { rows } = await parts.store.pool.query<Row>({ name: 'settled-since', text: settledSince, values });
    const last = rows.at(-1);
    if (last === undefined) return mark;
    await tellDifferences(parts.store, parts.log, await compared(parts, rows));
    metrics.usageCompared.add(rows.length, { between: 'log-and-ledger' });
    mark = last;
    if (rows.length < page) return mark;
  }
};

export const serveComparison =
  (parts: ComparisonParts) =>
  async ({ signal }: Term): Promise<void> => {
    let mark: Mark = { at: new Date(systemClock.now() - lookBackMs), settlementId: '00000000-0000-0000-0000-000000000000' };
    const failed = (err: unknown): void => parts.log.warn({ err }, 'usage could not be compared with the ledger; trying again');
    const round = async (): Promise<void> => {
      mark = await compareWithLedger(parts, mark, new Date(systemClock.now() - graceMs));
    };
    await repeat(round, { everyMs, signal, failed });
  };
