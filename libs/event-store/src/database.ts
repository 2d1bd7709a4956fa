import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
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
const createTimeoutMs = 30_000;
const commitStatementMs = 10_000;
const oids = { int8: 20, xid8: 5069 };

/** int8 and xid8 arrive as bigint: a float would round a place in the log. The cast: the driver's signature has an overload per type. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === oids.int8 || oid === oids.xid8 ? BigInt : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** TypeORM writes to the console by itself. Whoever calls hears of an error by its exception, and logs it once. */
const silence: Logger = {
  logQuery: () => {},
  logQueryError: () => {},
  logQuerySlow: () => {},
  logSchemaBuild: () => {},
  logMigration: () => {},
  log: () => {},
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
    logger: silence,
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
    // Sooner than the writer gives up, so that it hears from the server what became of it.
    statement_timeout: commitStatementMs,
    options: '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan',
  });
  // An idle connection that dies is replaced at the next append; without a listener it would end the process.
  pool.on('error', () => {});
  return pool;
};

const invalidCatalogName = '3D000';
const duplicateDatabase = '42P04';
const uniqueViolation = '23505';

const isOneOf = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof pg.DatabaseError && error.code !== undefined && codes.includes(error.code);

const connected = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs, query_timeout: createTimeoutMs });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

/** Looks first: where the database exists, nobody needs the right to make one. */
const createIfMissing = async (url: string): Promise<void> => {
  try {
    await connected(url, async () => {});
  } catch (error) {
    if (!isOneOf(error, [invalidCatalogName])) throw error;
    const server = new URL(url);
    const name = decodeURIComponent(server.pathname.slice(1));
    server.pathname = '/postgres';
    await connected(server.href, (client) => create(client, name));
  }
};

const create = async (client: pg.Client, name: string): Promise<void> => {
  try {
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  } catch (error) {
    // Another process created it between the look and the act.
    if (!isOneOf(error, [duplicateDatabase, uniqueViolation])) throw error;
  }
};
