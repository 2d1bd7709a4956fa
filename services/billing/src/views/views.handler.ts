import { Controller } from '@nestjs/common';
import { billing, formatNanos, type InputOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, type TableRow } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { isSettled } from '../domain/settlement.ts';
import { balances, balanceViewOf } from './balances.view.ts';
import { inferenceUsage } from './inference-usage.view.ts';
import { checkLedger } from './ledger-check.ts';
import { transactions } from './transactions.view.ts';
import { usage } from './usage.view.ts';

const orgOf = ({ orgId }: RequestContext): OrgId => {
  const org = OrgId.safeParse(orgId);
  return org.success ? org.data : refuse({ code: 'AccountNotFound', details: {} });
};

const shown = ({ orgId: _, version: _version, ...row }: TableRow<typeof usage>): billing.UsageView => row;
/** As their entries moved it. */
const chargedSettlements = `
  SELECT t.settlement_id AS "settlementId", t.id AS "transactionId", (-coalesce(sum(e.amount), 0))::text AS amount
  FROM transactions t LEFT JOIN entries e ON e.transaction_id = t.id AND e.account = 'credits'
  WHERE t.settlement_id = ANY($1::uuid[]) GROUP BY t.settlement_id, t.id`;
const newestFirst = { by: ['version'], direction: 'desc' } as const;

@Controller()
export class ViewsHandler {
  constructor(private readonly store: EventStore) {}

  @Serves(billing.GetBalance)
  async balance(_: InputOf<typeof billing.GetBalance>, context: RequestContext): Promise<OutputOf<typeof billing.GetBalance>> {
    const balance = await this.store.read(balances).one({ orgId: orgOf(context) });
    return balance ? balanceViewOf(balance) : refuse({ code: 'AccountNotFound', details: {} });
  }

  @Serves(billing.GetSettlement)
  async settlement(_: InputOf<typeof billing.GetSettlement>, context: RequestContext): Promise<OutputOf<typeof billing.GetSettlement>> {
    const balance = await this.store.read(balances).one({ orgId: orgOf(context) });
    // An account is opened a moment after its organization: before that nothing was moved.
    return balance ? { isSettled: isSettled(balance), balance: balance.balance } : { isSettled: true, balance: formatNanos(0n) };
  }

  @Serves(billing.ListUsage)
  async usage({ limit, offset }: InputOf<typeof billing.ListUsage>, context: RequestContext): Promise<OutputOf<typeof billing.ListUsage>> {
    const orgId = orgOf(context);
    const reader = this.store.read(usage);
    const [rows, total, balance] = await Promise.all([
      reader.list({ where: { orgId }, order: newestFirst, limit, offset }),
      reader.count({ orgId }),
      this.store.read(balances).one({ orgId }),
    ]);
    return { items: rows.map(shown), total, spent: balance?.used ?? formatNanos(0n) };
  }

  @Serves(billing.GetUsageOfRuns)
  async usageOfRuns(
    { runIds }: InputOf<typeof billing.GetUsageOfRuns>,
    context: RequestContext,
  ): Promise<OutputOf<typeof billing.GetUsageOfRuns>> {
    const orgId = orgOf(context);
    const ids = runIds.map((runId) => billing.UsageView.shape.runId.parse(runId));
    const [rows, balance] = await Promise.all([
      this.store.read(usage).list({ where: { orgId, runId: { in: ids } }, order: newestFirst, limit: ids.length }),
      this.store.read(balances).one({ orgId }),
    ]);
    return { items: rows.map(shown), spent: balance?.used ?? formatNanos(0n) };
  }

  @Serves(billing.ListInferenceUsage)
  async inferenceUsage(
    { limit, cursor }: InputOf<typeof billing.ListInferenceUsage>,
    context: RequestContext,
  ): Promise<OutputOf<typeof billing.ListInferenceUsage>> {
    const where = { orgId: orgOf(context) };
    const { items, ...more } = await this.store.read(inferenceUsage).page({ where, order: newestFirst, limit, cursor });
    return { items: items.map(({ orgId: _, version: _version, line: _line, ...row }) => row), ...more };
  }

  @Serves(billing.FindSettlements)
  async settlements({ settlementIds }: InputOf<typeof billing.FindSettlements>): Promise<OutputOf<typeof billing.FindSettlements>> {
    const { rows } = await this.store.pool.query<OutputOf<typeof billing.FindSettlements>['items'][number]>({
      name: 'charged-settlements',
      text: chargedSettlements,
      values: [settlementIds],
    });
    return { items: rows };
  }

  @Serves(billing.ListTransactions)
  async transactions(
    { limit, offset }: InputOf<typeof billing.ListTransactions>,
    context: RequestContext,
  ): Promise<OutputOf<typeof billing.ListTransactions>> {
    const orgId = orgOf(context);
    const reader = this.store.read(transactions);
    const [rows, total] = await Promise.all([
      reader.list({ where: { orgId }, order: newestFirst, limit, offset }),
      reader.count({ orgId }),
    ]);
    return { items: rows.map(({ orgId: _, version: _version, ...row }) => row), total };
  }

  @Serves(billing.CheckLedger)
  check(): Promise<OutputOf<typeof billing.CheckLedger>> {
    return checkLedger(this.store);
  }
}
