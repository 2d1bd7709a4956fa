import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { postgresUrl } from './scratch.ts';

export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  /** Deletes it, with whoever is still connected. */
  readonly drop: () => Promise<void>;
}

const onServer = async (server: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: server, connectionTimeoutMillis: 10_000, statement_timeout: 60_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
};

/** An empty database of its own, for one test file, on the server that all share or on one of its own: `beforeAll` makes it, `afterAll` drops it. */
export const freshDatabase = async (prefix = 'test', server = postgresUrl()): Promise<FreshDatabase> => {
  const name = `${prefix}_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, name, drop: () => onServer(server, `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`) };
};
