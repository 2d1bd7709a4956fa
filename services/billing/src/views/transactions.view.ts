import type { billing, inference, OrgId } from '@orrery/contracts';
import { type Fact, instant, integer, json, nanos, nullable, text, uuid, view } from '@orrery/event-store';

type Transaction = Extract<billing.BillingEvent, { type: 'CreditGranted' | 'UsageCharged' | 'InferenceCharged' }>;

const isTransaction = (event: billing.BillingEvent): event is Transaction => 'entries' in event.data;

const descriptionOf = (event: Transaction): string => {
  switch (event.type) {
    case 'CreditGranted':
      return event.data.note || `${event.data.kind} credit`;
    case 'UsageCharged':
      return `${event.data.seconds} s of ${event.data.machineType}`;
    case 'InferenceCharged': {
      const models = [...new Set(event.data.lines.map(({ model }) => model))];
      return `${event.data.requests} requests to ${models.slice(0, 5).join(', ')}${models.length > 5 ? ' and others' : ''}`;
    }
  }
};

export const transactions = view({
  name: 'transactions',
  table: 'transactions',
  columns: {
    id: uuid<billing.TransactionId>(),
    orgId: uuid<OrgId>(),
    kind: text<'grant' | 'charge'>(),
    amount: nanos(),
    balanceAfter: nanos(),
    description: text(),
    entries: json<billing.LedgerEntry[]>(),
    settlementId: nullable(uuid<inference.SettlementId>()),
    at: instant(),
    /** Place in the ledger of the organization: the order in which money moved. */
    version: integer(),
  },
  key: ['id'],
  indexes: [['orgId', 'version'], ['settlementId']],
  fold: ({ event, version }: Fact<billing.BillingEvent>) => {
    if (!isTransaction(event)) return [];
    const { transactionId: id, orgId, balanceAfter, entries, at } = event.data;
    const amount = entries.find(({ account }) => account === 'credits')?.amount ?? event.data.amount;
    const kind = event.type === 'CreditGranted' ? ('grant' as const) : ('charge' as const);
    const settlementId = event.type === 'InferenceCharged' ? event.data.settlementId : null;
    const description = descriptionOf(event);
    return [{ put: { id, orgId, kind, description, settlementId, amount, balanceAfter, entries, at, version } }];
  },
});

/** Every entry of every transaction: what balances are checked against. */
export const entries = view({
  name: 'entries',
  table: 'entries',
  columns: { transactionId: uuid<billing.TransactionId>(), account: text<billing.LedgerAccount>(), orgId: uuid<OrgId>(), amount: nanos() },
  key: ['transactionId', 'account'],
  indexes: [['orgId', 'account']],
  fold: ({ event }: Fact<billing.BillingEvent>) => {
    if (!isTransaction(event)) return [];
    const { transactionId, orgId } = event.data;
    return event.data.entries.map(({ account, amount }) => ({ put: { transactionId, account, orgId, amount } }));
  },
});
