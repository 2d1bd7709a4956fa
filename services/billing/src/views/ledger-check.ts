import { billing, instantOf, type NanosText, type OutputOf } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';

type Check = OutputOf<typeof billing.CheckLedger>;

/** Accounts compared in one statement: each is one snapshot, so an append between two accounts is no difference. */
const page = 500;
/** As many differences as one look needs; the first tells that something is wrong. */
const mostDifferences = 100;
const none = '00000000-0000-0000-0000-000000000000';

interface Row {
  readonly orgId: string;
  readonly balance: NanosText;
  readonly credits: NanosText;
  readonly transactions: number;
  /** Transactions whose entries do not sum to zero. */
  readonly uneven: readonly { readonly id: string; readonly sum: NanosText }[];
}

/** For each account of a page: its balance, the sum of its entries, and its transactions. */
const compared = `
  SELECT b.org_id AS "orgId", b.balance::text AS balance, t.credits::text AS credits, t.transactions::int AS transactions, t.uneven
  FROM (SELECT org_id, balance FROM balances WHERE org_id > $1 ORDER BY org_id LIMIT ${page}) b, LATERAL (
    SELECT coalesce(sum(e.credits), 0) AS credits, count(*) AS transactions,
      coalesce(jsonb_agg(jsonb_build_object('id', e.transaction_id, 'sum', e.total::text)) FILTER (WHERE e.total <> 0), '[]') AS uneven
    FROM (SELECT transaction_id, sum(amount) AS total, sum(amount) FILTER (WHERE account = 'credits') AS credits
      FROM entries WHERE org_id = b.org_id GROUP BY transaction_id) e) t
  ORDER BY b.org_id`;

const differencesOf = ({ orgId, balance, credits, uneven }: Row): readonly Record<string, string>[] => [
  ...(balance === credits ? [] : [{ orgId, account: 'credits', balance, entries: credits }]),
  ...uneven.map(({ id, sum }) => ({ orgId, account: `transaction ${id}`, balance: '0', entries: sum })),
];

/** Compares every balance with the sum of its entries, account by account; less of them where the signal ends it. */
export const checkLedger = async ({ pool }: Pick<EventStore, 'pool'>, signal?: AbortSignal): Promise<Check> => {
  const differences: Record<string, string>[] = [];
  const counted = { accounts: 0, transactions: 0 };
  for (let after = none; !signal?.aborted; ) {
    const { rows } = await pool.query<Row>({ name: 'compared-accounts', text: compared, values: [after] });
    counted.accounts += rows.length;
    counted.transactions += rows.reduce((sum, { transactions }) => sum + transactions, 0);
    differences.push(...rows.flatMap(differencesOf).slice(0, mostDifferences - differences.length));
    if (rows.length < page) break;
    after = rows.at(-1)?.orgId ?? after;
  }
  return billing.CheckLedger.output.parse({ ...counted, differences, checkedAt: instantOf(systemClock.now()) });
};
