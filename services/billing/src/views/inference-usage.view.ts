import type { billing, inference, OrgId } from '@orrery/contracts';
import { type Fact, instant, integer, nanos, nullable, text, uuid, view } from '@orrery/event-store';

/** Lines of the bill: each names its price book, the settlement that the inference log knows its requests by, and the transaction that moved the money. */
export const inferenceUsage = view({
  name: 'inference-usage',
  table: 'inference_usage',
  columns: {
    settlementId: uuid<inference.SettlementId>(),
    line: integer(),
    orgId: uuid<OrgId>(),
    model: text<inference.SettlementLine['model']>(),
    priceVersion: nullable(integer()),
    requests: integer(),
    estimated: integer(),
    input: integer(),
    output: integer(),
    cached: integer(),
    cost: nanos(),
    transactionId: uuid<billing.TransactionId>(),
    from: instant(),
    to: instant(),
    version: integer(),
  },
  key: ['settlementId', 'line'],
  indexes: [['orgId', 'version']],
  fold: ({ event, version }: Fact<billing.BillingEvent>) => {
    if (event.type !== 'InferenceCharged') return [];
    const { settlementId, orgId, transactionId, lines, from, to } = event.data;
    return lines.map((each, line) => ({ put: { ...each, settlementId, line, orgId, transactionId, from, to, version } }));
  },
});
