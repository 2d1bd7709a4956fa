import type { billing, OrgId } from '@orrery/contracts';
import { type Fact, instant, integer, json, nanos, text, uuid, view } from '@orrery/event-store';

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
    at: instant(),
    /** Place in the ledger of the organization: the order in which money moved. */
    version: integer(),
  },
  key: ['id'],
  indexes: [['orgId', 'version']],
  fold: ({ event, version }: Fact<billing.BillingEvent>) => {
    if (event.type !== 'CreditGranted' && event.type !== 'UsageCharged') return [];
    const { transactionId: id, orgId, balanceAfter, entries, at } = event.data;
    const amount = entries.find(({ account }) => account === 'credits')?.amount ?? event.data.amount;
    const told =
      event.type === 'CreditGranted'
        ? { kind: 'grant' as const, description: event.data.note || `${event.data.kind} credit` }
        : { kind: 'charge' as const, description: `${event.data.seconds} s of ${event.data.machineType}` };
    return [{ put: { id, orgId, ...told, amount, balanceAfter, entries, at, version } }];
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
    if (event.type !== 'CreditGranted' && event.type !== 'UsageCharged') return [];
    const { transactionId, orgId } = event.data;
    return event.data.entries.map(({ account, amount }) => ({ put: { transactionId, account, orgId, amount } }));
  },
});
