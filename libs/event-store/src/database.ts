import pg from 'pg';
import { DataSource } from 'typeorm';
import type { Migration } from './migration.ts';
import { eventStoreMigrations, migrationClasses } from './migration.ts';

export interface DatabaseOptions {
  readonly url: string;
  /** Shown in pg_stat_activity: which process holds a connection. */
  readonly applicationName: string;
  readonly migrations?: readonly Migration[];
  readonly poolSize?: number;
  readonly statementTimeoutMs?: number;
}

const connectTimeoutMs = 5_000;
const oids = { int8: 20, xid8: 5069 };

/** int8 and xid8 arrive as bigint: a float would round a place in the log. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === oids.int8 || oid === oids.xid8 ? BigInt : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** One pool per service and process: TypeORM owns it (connections, transactions, migrations); the store's hot path borrows from it. */
export const openDatabase = async (options: DatabaseOptions): Promise<DataSource> => {
  await createIfMissing(options.url);
  const dataSource = new DataSource({
    type: 'postgres',
    url: options.url,
    applicationName: options.applicationName,
    poolSize: options.poolSize ?? 10,
    connectTimeoutMS: connectTimeoutMs,
    migrations: migrationClasses([...eventStoreMigrations, ...(options.migrations ?? [])]),
    migrationsTransactionMode: 'each',
    extra: {
      Client: SurvivingClient,
      types,
      keepAlive: true,
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      idle_in_transaction_session_timeout: 60_000,
    },
  });
  return await dataSource.initialize();
};

/**
 * A connection that falls tells the query that waits for it; but it also emits an error, which ends the process if nobody
 * listens, and nobody does while somebody holds it.
 */
class SurvivingClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}

/** The pool under a TypeORM data source. */
export const poolOf = (dataSource: DataSource): pg.Pool => {
  const { driver } = dataSource;
  if ('master' in driver && driver.master instanceof pg.Pool) return driver.master;
  throw new TypeError('the data source is not an initialized PostgreSQL one');
};

/**
 * Connections for appends alone, so that a slow query never stands before them. Their statements look rows up by key and are
 * prepared while tables may still be small: a plan that scans must not be remembered.
 */
export const commitPool = (dataSource: DataSource, size: number): pg.Pool => {
  // The pool keeps the password out of sight of a spread.
  const { password, ...options } = poolOf(dataSource).options;
  const pool = new pg.Pool({
    ...options,
    ...(password === undefined ? {} : { password }),
    max: size,
    options: '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan',
  });
  // An idle connection that dies is replaced at the next append; without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
};

const createIfMissing = async (url: string): Promise<void> => {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href, connectionTimeoutMillis: connectTimeoutMs });
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another process created it between the look and the act (duplicate_database, or the catalogue's own unique key).
    if (!(error instanceof pg.DatabaseError) || (error.code !== '42P04' && error.code !== '23505')) throw error;
  } finally {
    await client.end();
  }
};
