import type { billing, catalog, OrgId } from '@orrery/contracts';
import { type Fact, instant, integer, nanos, nullable, text, uuid, view } from '@orrery/event-store';

export const usage = view({
  name: 'usage',
  table: 'usage',
  columns: {
    runId: uuid<billing.UsageView['runId']>(),
    orgId: uuid<OrgId>(),
    meter: text<catalog.RunMeter>(),
    machineType: text(),
    seconds: integer(),
    nanosPerSecond: nanos(),
    priceVersion: integer(),
    amount: nanos(),
    startedAt: nullable(instant()),
    endedAt: instant(),
    transactionId: uuid<billing.TransactionId>(),
    traceId: nullable(text()),
    version: integer(),
  },
  key: ['runId'],
  indexes: [['orgId', 'version']],
  fold: ({ event, metadata, version }: Fact<billing.BillingEvent>) => {
    if (event.type !== 'UsageCharged') return [];
    const { runId, orgId, meter, machineType, seconds, price, amount, startedAt, endedAt, transactionId } = event.data;
    const traceId = metadata.traceparent?.split('-')[1] ?? null;
    const { nanosPerSecond, version: priceVersion } = price;
    return [
      {
        put: {
          runId,
          orgId,
          meter,
          machineType,
          seconds,
          nanosPerSecond,
          priceVersion,
          amount,
          startedAt,
          endedAt,
          transactionId,
          traceId,
          version,
        },
      },
    ];
  },
});
