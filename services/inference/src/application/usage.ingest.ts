import { hash } from 'node:crypto';
import { inference, instantOf, newId, type OrgId } from '@orrery/contracts';
import { type EventStore, type Ingest, type IngestOptions, startIngest, write } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import { isTooLate, type LogRetention } from '../domain/retention.ts';
import { type Settling, settlementsOf } from '../domain/settlements.ts';
import { inferenceLog } from '../views/inference-log.ts';

export interface UsageIngestOptions extends Pick<IngestOptions, 'nats' | 'log'> {
  readonly store: EventStore;
  readonly retention: LogRetention;
}

type Messages = Parameters<IngestOptions['take']>[0];

/** What ends within so long is settled together: it bounds what the ledger writes, and nobody waits for it. */
const lingerMs = 1_000;

/** Takes what requests came to into the inference log, each once however often it is told, and settles what is new. */
export const startUsageIngest = (options: UsageIngestOptions): Ingest =>
  startIngest({
    nats: options.nats,
    log: options.log,
    stream: inference.usageTransport.stream,
    durable: 'inference--usage',
    lingerMs,
    take: (messages) => take(messages, options),
  });

const take = async (messages: Messages, { store, log, retention }: UsageIngestOptions): Promise<void> => {
  const now = systemClock.now();
  const told = new Map<string, inference.SettledUsage>();
  for (const item of messages.flatMap(itemsOf)) {
    const read = inference.SettledUsage.safeParse(item);
    if (!read.success) await refuse(store, log, item, read.error.message);
    // What was known of it may be deleted: it could be charged a second time.
    else if (isTooLate({ isLogged: read.data.isLogged, settledAt: Date.parse(read.data.settledAt) }, retention, now)) {
      await refuse(store, log, item, 'it comes later than requests are kept');
    }
    // Of two that tell of one request, the first counts.
    else if (!told.has(read.data.requestId)) told.set(read.data.requestId, read.data);
  }
  const known = await knownOf(store, [...told.keys()]);
  const fresh = [...told.values()].filter(({ requestId }) => !known.has(requestId));
  metrics.usageTaken.add(fresh.length, { outcome: 'settled' });
  metrics.usageTaken.add(told.size - fresh.length, { outcome: 'repeated' });
  const given = { newId: () => newId(inference.SettlementId), at: instantOf(systemClock.now()) };
  // Where another process was faster with one of them, its index refuses it: all that are not there yet are looked at again.
  const settled = await Promise.allSettled(settlementsOf(fresh, given).map((each) => settle(store, each)));
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
};

const itemsOf = (message: Messages[number]): readonly unknown[] => {
  const text = message.string();
  try {
    const items: unknown = JSON.parse(text);
    return Array.isArray(items) ? items : [items];
  } catch {
    return [text];
  }
};

const knownOf = async ({ pool }: EventStore, requestIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const { rows } = await pool.query<{ requestId: string }>({
    name: 'known-requests',
    text: 'SELECT request_id AS "requestId" FROM inference_log WHERE request_id = ANY($1::uuid[])',
    values: [requestIds],
  });
  return new Set(rows.map(({ requestId }) => requestId));
};

const settle = async (store: EventStore, { settlement, records }: Settling): Promise<void> => {
  const { settlementId, orgId } = settlement;
  await store.commit({
    appends: [{ stream: `settlement-${settlementId}`, expected: 0, events: [{ type: 'UsageSettled', data: settlement }] }],
    writes: [write(inferenceLog, ...records.map((record) => ({ put: { ...record, settlementId } })))],
    metadata: metadataOf(settlementId, orgId),
  });
};

const metadataOf = (settlementId: string, orgId: OrgId) => ({
  correlationId: settlementId,
  causationId: 'usage',
  actor: 'service:inference',
  orgId,
});

/** It is money, so it is kept for an operator, and not tried for ever. */
const refuse = async ({ pool }: EventStore, log: Log, item: unknown, reason: string): Promise<void> => {
  const body = JSON.stringify(item) ?? '';
  metrics.usageTaken.add(1, { outcome: 'refused' });
  log.error({ reason }, 'what was told of a request cannot be read; it is kept in refused_usage');
  await pool.query('INSERT INTO refused_usage (digest, body, reason) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
    hash('sha256', body),
    body,
    reason,
  ]);
};
