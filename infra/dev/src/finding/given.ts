import { connectBus } from '@orrery/messaging/light';
import { services } from '@orrery/nats';
import { addressOf, ConfigInvalid, complaintOf, configOf, known, serviceVariables, within } from '@orrery/process/light';
import { Redis } from 'ioredis';
import pg from 'pg';
import { z } from 'zod';
import { Problem } from '../terminal.ts';
import { about, type ServerName } from './choose.ts';

export type Given = Readonly<Partial<Record<ServerName, string>>>;

interface Login {
  readonly url: string;
  /** Path of a .creds file for the bus. */
  readonly credentials: string | undefined;
}

const connectMs = 4_000;
const inAllMs = 6_000;

const variables = { postgres: serviceVariables('').postgresUrl, nats: known.natsUrl, redis: known.redisUrl };

/** The same words as from the services themselves: they read the same variables. */
const checkForm = (given: Given): void => {
  const names = Object.keys(variables).filter((name): name is ServerName => given[name as ServerName] !== undefined);
  const shape = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const environment = Object.fromEntries(names.map((name) => [about[name].variable, given[name]]));
  try {
    configOf('Orrery', z.object(shape), environment);
  } catch (error) {
    throw error instanceof ConfigInvalid ? new Problem(error.message) : error;
  }
};

const databases = [...services, 'telemetry'].map((service) => `orrery_${service}`);

const mayMakeDatabases = `SELECT rolcreatedb OR rolsuper OR (SELECT count(*) FROM pg_database WHERE datname = ANY ($1)) = $2 AS may
  FROM pg_roles WHERE rolname = current_user`;

const tryPostgres = async ({ url }: Login): Promise<string | undefined> => {
  // Where services look when their own database is not there yet.
  const server = new URL(url);
  server.pathname = '/postgres';
  const client = new pg.Client({ connectionString: server.href, connectionTimeoutMillis: connectMs, query_timeout: connectMs });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ may: boolean }>(mayMakeDatabases, [databases, databases.length]);
    if (rows[0]?.may === true) return undefined;
    return `PostgreSQL at ${addressOf(url)} lets the role of ${about.postgres.variable} make no databases: ALTER ROLE … CREATEDB, or create ${databases.join(', ')}`;
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** What the server says of itself, at once: nobody needs a right to hear it. */
const tryNats = async ({ url, credentials }: Login): Promise<string | undefined> => {
  const bus = await connectBus({ url, name: 'orrery-dev', firstConnectMs: 0, ...(credentials ? { credentials } : {}) });
  try {
    if (bus.connection.info?.jetstream === true) return undefined;
    return `NATS at ${addressOf(url)} has no JetStream: start it with -js, or mend ${about.nats.variable}`;
  } finally {
    await bus.close();
  }
};

const tryRedis = async ({ url }: Login): Promise<string | undefined> => {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMs,
    commandTimeout: connectMs,
    disconnectTimeout: 200,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // The error of the event says why; that of the promise says only that the connection is closed.
  const reason = new Promise<never>((_resolve, reject) => client.once('error', reject));
  try {
    await Promise.race([client.connect().then(() => client.ping()), reason]);
    return undefined;
  } finally {
    client.disconnect();
  }
};

const tries: Readonly<Record<ServerName, (login: Login) => Promise<string | undefined>>> = {
  postgres: tryPostgres,
  nats: tryNats,
  redis: tryRedis,
};

const complain = async (name: ServerName, login: Login): Promise<string | undefined> => {
  const { title, variable } = about[name];
  try {
    return await within(inAllMs, 'its answer', () => tries[name](login));
  } catch (error) {
    return complaintOf({ title, address: addressOf(login.url), variable }, 'cannot be used', error);
  }
};

/** Tries the servers that the environment names, before anything is started that would have to wait for them. */
export const checkGiven = async (given: Given, environment: NodeJS.ProcessEnv): Promise<void> => {
  checkForm(given);
  const names = Object.keys(tries) as ServerName[];
  const complaints = await Promise.all(
    names.map((name) => {
      const url = given[name];
      return url === undefined ? undefined : complain(name, { url, credentials: environment.ORRERY_NATS_CREDS || undefined });
    }),
  );
  const said = complaints.filter((complaint) => complaint !== undefined);
  if (said.length > 0) throw new Problem(`${said.join('\n')}\nWithout such a variable Orrery finds or starts that server by itself.`);
};
