import type { inference, OrgId } from '@orrery/contracts';
import { type Fact, instant, integer, nanos, nullable, text, uuid, view } from '@orrery/event-store';

/** What was settled, a row a settlement: what the ledger is compared with. */
export const settlements = view({
  name: 'settlements',
  table: 'settlements',
  columns: { settlementId: uuid<inference.SettlementId>(), orgId: uuid<OrgId>(), requests: integer(), cost: nanos(), at: instant() },
  key: ['settlementId'],
  indexes: [['at']],
  fold: ({ event }: Fact<inference.InferenceEvent>) => {
    if (event.type !== 'UsageSettled') return [];
    const { settlementId, orgId, requests, cost, at } = event.data;
    return [{ put: { settlementId, orgId, requests, cost, at } }];
  },
});

/** Where limits, usage and ledger did not agree. Compared again, a difference has one row. */
export const differences = view({
  name: 'differences',
  table: 'differences',
  columns: {
    orgId: uuid<OrgId>(),
    between: text<inference.UsageDifference['between']>(),
    of: text(),
    first: nanos(),
    second: nanos(),
    firstRequests: integer(),
    secondRequests: nullable(integer()),
    at: instant(),
  },
  key: ['orgId', 'between', 'of'],
  indexes: [['at']],
  fold: ({ event }: Fact<inference.InferenceEvent>) => (event.type === 'UsageDiffered' ? [{ put: event.data }] : []),
});
