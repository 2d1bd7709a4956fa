import { billing, instantOf, type OutputOf } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { z } from 'zod';

type Check = OutputOf<typeof billing.CheckLedger>;

/** As many differences as one look needs; the first tells that something is wrong. */
const mostDifferences = 100;

/** Balances that are not the sum of their entries, and transactions whose entries do not sum to zero. */
const differing = `
  SELECT b.org_id AS "orgId", 'credits' AS account, b.balance::text AS balance, coalesce(sum(e.amount), 0)::text AS entries
    FROM balances b LEFT JOIN entries e ON e.org_id = b.org_id AND e.account = 'credits'
    GROUP BY b.org_id, b.balance HAVING b.balance <> coalesce(sum(e.amount), 0)
  UNION ALL
  SELECT e.org_id, 'transaction ' || e.transaction_id, '0', sum(e.amount)::text
    FROM entries e GROUP BY e.org_id, e.transaction_id HAVING sum(e.amount) <> 0
  LIMIT $1`;

const Counted = z.tuple([z.object({ accounts: z.coerce.number(), transactions: z.coerce.number() })]);

export const checkLedger = async (store: EventStore): Promise<Check> => {
  const client = await store.pool.connect();
  try {
    // One snapshot for all of it: an append between two statements would look like a difference.
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows: differences } = await client.query(differing, [mostDifferences]);
    const counts = await client.query(
      'SELECT (SELECT count(*) FROM balances) AS accounts, (SELECT count(*) FROM transactions) AS transactions',
    );
    await client.query('COMMIT');
    const [{ accounts, transactions }] = Counted.parse(counts.rows);
    return billing.CheckLedger.output.parse({ accounts, transactions, differences, checkedAt: instantOf(systemClock.now()) });
  } finally {
    client.release();
  }
};
