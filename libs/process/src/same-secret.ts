import type { Pool } from 'pg';
import { CannotStart } from './cannot-start.ts';
import type { Secrets } from './secrets.ts';

/** As one statement, so that two replicas that start together do not make it twice. */
const table = `SELECT pg_advisory_xact_lock(hashtextextended('orrery secret mark', 0));
  CREATE TABLE IF NOT EXISTS secret_mark (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), mark bytea NOT NULL)`;
const keep = 'INSERT INTO secret_mark (mark) VALUES ($1) ON CONFLICT (is_only) DO NOTHING';
const kept = 'SELECT mark FROM secret_mark';

/**
 * A database remembers a mark of the secret that it was made with. With another one its sealed data could not be read, which would show
 * itself much later, in one request after the other.
 */
export const requireSameSecret = async (pool: Pick<Pool, 'query'>, database: string, secrets: Secrets): Promise<void> => {
  const mark = secrets('secret-mark');
  await pool.query(table);
  await pool.query(keep, [mark]);
  const { rows } = await pool.query<{ mark: Buffer }>(kept);
  if (rows[0]?.mark.equals(mark)) return;
  throw new CannotStart(
    `${database} was made with another ORRERY_SECRET: what is sealed in it can be read with that one only. Set ORRERY_SECRET to that one.`,
  );
};
