import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { eventStoreSchema } from './schema.ts';

/** Forward only. Numbers of a service count from 1 and are never reused; the store's own run before them. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly up: string;
}

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
          await runner.query(migration.up);
        }
        down(): Promise<void> {
          return Promise.reject(new Error('migrations are forward only: write the next one'));
        }
      },
  );

const migrationLock = 7_205_759_403;

/** Runs what is pending, one process at a time; the others wait and find nothing left to do. */
export const migrate = async (dataSource: DataSource): Promise<readonly string[]> => {
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [migrationLock]);
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
