import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { eventStoreSchema } from './schema.ts';

/** Forward only. Numbers of a service count from 1 and are never reused; the store's own run before them. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly up: string;
}

const statementTimeout = '1h';
const owner = Symbol('owner');
interface Owned extends Migration {
  readonly [owner]: 'store';
}

export const eventStoreMigrations: readonly Owned[] = [{ number: 1, name: 'event-store', up: eventStoreSchema, [owner]: 'store' }];

/** TypeORM sorts by the last 13 characters of the name, which it takes for a time: we put the number there. */
const nameOf = (migration: Migration | Owned): string => {
  const order = owner in migration ? migration.number : 1_000_000 + migration.number;
  return `${migration.name}-${String(order).padStart(13, '0')}`;
};

export const migrationClasses = (migrations: readonly Migration[]): (new () => MigrationInterface)[] =>
  migrations.map(
    (migration) =>
      class implements MigrationInterface {
        readonly name = nameOf(migration);
        async up(runner: QueryRunner): Promise<void> {
          await runner.query(`SET LOCAL statement_timeout = '${statementTimeout}'`);
          await runner.query(migration.up);
        }
        down(): Promise<void> {
          return Promise.reject(new Error('migrations are forward only: write the next one'));
        }
      },
  );

const migrationLock = 7_205_759_403;
const askForLockMs = 200;
const maxWaitMs = 3_600_000;

/** Runs what is pending, one process at a time; the others wait and find nothing left to do. Gives the names of what was run. */
export const migrate = async (dataSource: DataSource): Promise<readonly string[]> => {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await takeLock(runner);
    try {
      const done = await dataSource.runMigrations();
      return done.map(({ name }) => name);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
    }
  } finally {
    await runner.release();
  }
};

/** Asks again and again: a statement that waits in the server would run into its time-out, and hold back vacuum until then. */
const takeLock = async (runner: QueryRunner): Promise<void> => {
  const until = performance.now() + maxWaitMs;
  while (performance.now() < until) {
    const [row] = await runner.query('SELECT pg_try_advisory_lock($1) AS mine', [migrationLock]);
    if (row.mine === true) return;
    await pause(askForLockMs);
  }
  throw new Error('another process has been migrating this database for an hour');
};
