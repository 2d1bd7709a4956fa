import pg from 'pg';
import { migrations } from './schema.ts';

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
}

const connectTimeoutMs = 5_000;
const int8 = 20;
const migrationLock = 7_205_759_404;

/** Every int8 here is a time, an id or a count, far below 2⁵³. The cast is for the overloads of a function that has but one body. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** A new database is a copy of a template; on a busy disk that takes a while. */
const createTimeoutMs = 60_000;

const createIfMissing = async (url: string): Promise<void> => {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new pg.Client({
    connectionString: server.href,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: createTimeoutMs,
  });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another process created it between the look and the act.
    if (!(error instanceof pg.DatabaseError) || (error.code !== '42P04' && error.code !== '23505')) throw error;
  } finally {
    await client.end();
  }
};

/** Inside one transaction: its effect or none of it. */
export const transact = async <T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot even roll back is not given to the next one.
    await client.query('ROLLBACK').then(
      () => client.release(),
      (failure: Error) => client.release(failure),
    );
    throw error;
  }
};

const poolOf = ({ url, poolSize, settings = '' }: DatabaseOptions & { readonly settings?: string }): pg.Pool => {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'orrery telemetry store',
    max: poolSize,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 30_000,
    statement_timeout: 20_000,
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
    types,
    ...(settings ? { options: settings } : {}),
  });
  // An idle connection that breaks is replaced by the next query, which says so itself where it fails.
  pool.on('error', () => undefined);
  return pool;
};

const migrate = (pool: pg.Pool): Promise<void> =>
  transact(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query('CREATE TABLE IF NOT EXISTS telemetry_migrations (number int PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())');
    const { rows } = await client.query<{ number: number }>('SELECT coalesce(max(number), 0) AS number FROM telemetry_migrations');
    const done = rows[0]?.number ?? 0;
    for (const [index, migration] of migrations.slice(done).entries()) {
      await client.query(migration);
      await client.query('INSERT INTO telemetry_migrations (number) VALUES ($1)', [done + index + 1]);
    }
  });

/** Pages of entries come in the order of an index. A plan made while today's table was small must not sort it when it is large. */
const inOrder = '-c enable_sort=off -c enable_bitmapscan=off -c enable_seqscan=off';

export interface Pools {
  readonly logs: pg.Pool;
  readonly metrics: pg.Pool;
  readonly end: () => Promise<void>;
}

/** Creates the database where it is missing, and brings its tables up to date; several processes may do so at once. */
export const openPools = async (options: DatabaseOptions): Promise<Pools> => {
  await createIfMissing(options.url);
  const pools = { logs: poolOf({ ...options, settings: inOrder }), metrics: poolOf(options) };
  const end = async (): Promise<void> => {
    await Promise.all([pools.logs.end(), pools.metrics.end()]);
  };
  try {
    await migrate(pools.metrics);
    return { ...pools, end };
  } catch (error) {
    await end();
    throw error;
  }
};
