import { billing as contract, execution, identity, type OutputOf } from '@orrery/contracts';
import { z } from 'zod';
import { integer } from '../row.ts';
import { type Charge, chargeOf, summary } from './execution-views.ts';
import { credits, Decimal, type Writable } from './json.ts';
import { row } from './row.ts';

type Balance = OutputOf<typeof contract.GetBalance>;
type Me = OutputOf<typeof identity.GetMe>;

export const creditsOf = (balance: Balance): Writable => ({
  available_credits: credits(balance.balance),
  used_credits: credits(balance.used),
  total_credits_used: credits(balance.used),
  remaining_credits: credits(balance.balance),
  monthly_free_credits: new Decimal('0'),
  purchased_credits: credits(balance.purchased),
  signup_grant_claimed_at: balance.signupGrantAt,
});

export const creditDetails = (me: Me, balance: Balance): Writable => ({
  user_id: me.id,
  email: me.email,
  available_credits: credits(balance.balance),
  used_credits: credits(balance.used),
  total_credits_used: credits(balance.used),
  created_at: me.createdAt,
  last_updated: balance.updatedAt,
  stripe_customer_id: null,
});

export const userStatus = (me: Me, balance: Balance): Writable => ({
  user_id: me.id,
  org_id: balance.orgId,
  email: me.email,
  full_name: me.name,
  created_at: me.createdAt,
  is_active: true,
  active_api_keys_count: me.activeApiKeys,
  credit_balance: credits(balance.balance),
  status: 'authenticated',
});

const kinds = { charge: 'execution', grant: 'purchase' } as const;

export const activity = ({ id, kind, amount, description, at }: contract.TransactionView): Writable => ({
  id,
  type: kinds[kind],
  amount: credits(amount),
  description,
  created_at: at,
});

export interface HistoryParts {
  readonly runs: OutputOf<typeof execution.CountRuns>;
  readonly charges: readonly contract.UsageView[];
  readonly spent: OutputOf<typeof contract.ListUsage>['spent'];
  readonly page: { readonly limit: number; readonly offset: number };
}

export const history = ({ runs, charges, spent, page }: HistoryParts): Writable => {
  const byRun = new Map<string, Charge>(charges.map((usage) => [usage.runId, chargeOf(usage)]));
  return {
    executions: runs.items.map((run) => summary(run, byRun.get(run.id))),
    total_executions: runs.total,
    total_credits_spent: credits(spent),
    ...page,
    counts_by_status: runs.countsByStatus,
  };
};

const page = (limit: number) =>
  z.object({ limit: integer(z.int().min(1).max(500)).default(limit), offset: integer(z.int().min(0)).default(0) });

export const billing = [
  row({
    method: 'GET',
    path: '/billing/credits',
    operations: [contract.GetBalance],
    answer: async (to) => creditsOf(await to.ask(contract.GetBalance, {})),
  }),
  row({
    method: 'GET',
    path: '/billing/credits/details',
    operations: [identity.GetMe, contract.GetBalance],
    answer: async (to) => creditDetails(...(await Promise.all([to.ask(identity.GetMe, {}), to.ask(contract.GetBalance, {})]))),
  }),
  row({
    method: 'GET',
    path: '/user/status',
    operations: [identity.GetMe, contract.GetBalance],
    answer: async (to) => userStatus(...(await Promise.all([to.ask(identity.GetMe, {}), to.ask(contract.GetBalance, {})]))),
  }),
  row({
    method: 'GET',
    path: '/billing/history',
    operations: [execution.CountRuns, contract.GetUsageOfRuns, contract.ListUsage],
    query: page(50),
    answer: async (to, { query }) => {
      const [runs, usage] = await Promise.all([to.ask(execution.CountRuns, query), to.ask(contract.ListUsage, { limit: 1 })]);
      const charges = await to.ask(contract.GetUsageOfRuns, { runIds: runs.items.map(({ id }) => id) });
      return history({ runs, charges: charges.items, spent: usage.spent, page: query });
    },
  }),
  row({
    method: 'GET',
    path: '/billing/activities',
    operations: [contract.ListTransactions],
    query: page(10),
    answer: async (to, { query }) => {
      const { items, total } = await to.ask(contract.ListTransactions, query);
      return { activities: items.map(activity), total };
    },
  }),
];
