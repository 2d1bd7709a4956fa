import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { postgresUrl } from './scratch.ts';

export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  /** Deletes it, with whoever is still connected. */
  readonly drop: () => Promise<void>;
}

const onServer = async (statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: postgresUrl(), connectionTimeoutMillis: 10_000, statement_timeout: 60_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** An empty database of its own, for one test file: `beforeAll` makes it, `afterAll` drops it. */
export const freshDatabase = async (prefix = 'test'): Promise<FreshDatabase> => {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  const url = new URL(postgresUrl());
  url.pathname = `/${name}`;
  return { url: url.href, name, drop: () => onServer(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`) };
};
