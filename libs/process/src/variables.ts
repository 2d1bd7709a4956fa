import { z } from 'zod';
import { variable } from './config.ts';
import { MasterSecret, SealKeys } from './secrets.ts';
import { hostName, serverUrl } from './server-url.ts';

const port = z.coerce.number().int().min(0).max(65_535);

/** The variables that every process of the platform knows by the same name; a configuration takes those that it needs. */
export const known = {
  natsUrl: variable('ORRERY_NATS_URL', serverUrl('nats', 'tls'), {
    says: 'the URL of a NATS server with JetStream',
    example: 'nats://127.0.0.1:4222',
  }),
  natsCreds: variable('ORRERY_NATS_CREDS', z.string().optional(), {
    says: "the path of this service's .creds file",
    example: '/run/secrets/identity.creds',
  }),
  redisUrl: variable('ORRERY_REDIS_URL', serverUrl('redis', 'rediss'), {
    says: 'the URL of a Redis server',
    example: 'redis://127.0.0.1:6379',
  }),
  secret: variable('ORRERY_SECRET', MasterSecret, {
    says: 'at least 32 random bytes as hex or base64, the same for all processes',
    example: 'the output of `openssl rand -hex 32`',
    secret: true,
  }),
  publicUrl: variable('ORRERY_PUBLIC_URL', serverUrl('http', 'https').default('http://127.0.0.1:8080'), {
    says: 'the URL under which people reach the gateway',
    example: 'https://orrery.example.com',
  }),
  isDevelopment: variable('ORRERY_DEVELOPMENT', z.stringbool().default(false), {
    says: 'whether this is a place to develop in, where everybody may read all e-mail: true or false',
    example: 'false',
  }),
};

/** The URL of a PostgreSQL server or database. */
export const postgresUrl = serverUrl('postgres', 'postgresql');

/** What the variable is called that puts a service's database elsewhere. */
export const databaseUrlName = (service: string): string => `ORRERY_${service.toUpperCase()}_DATABASE_URL`;

/** What a service with a log needs: its database, the bus, the master secret. */
export const serviceVariables = (service: string) => ({
  postgresUrl: variable('ORRERY_POSTGRES_URL', postgresUrl, {
    says: 'the URL of a PostgreSQL server, with a role that may create databases',
    example: 'postgres://orrery:password@127.0.0.1:5432/postgres',
    secret: true,
  }),
  databaseUrl: variable(databaseUrlName(service), postgresUrl.optional(), {
    says: `the URL of the database of ${service}, where it is not on the common server`,
    example: `postgres://${service}:password@127.0.0.1:5432/orrery_${service}`,
    secret: true,
  }),
  poolSize: variable(`ORRERY_${service.toUpperCase()}_POOL_SIZE`, z.coerce.number().int().min(2).max(200).default(10), {
    says: 'how many connections to PostgreSQL the service may hold',
    example: '10',
  }),
  natsUrl: known.natsUrl,
  natsCreds: known.natsCreds,
  secret: known.secret,
  sealKeys: variable('ORRERY_SEAL_KEYS', SealKeys.optional(), {
    says: 'keys of 32 bytes as hex or base64 with commas between them: the first seals, all of them open',
    example: 'the output of `openssl rand -hex 32`',
    secret: true,
  }),
});

/** What every process needs, whatever runs in it. */
export const ProcessConfig = z.object({
  healthHost: variable('ORRERY_HEALTH_HOST', hostName.default('127.0.0.1'), {
    says: 'the address on which /health, /ready and /metrics are served',
    example: '0.0.0.0',
  }),
  healthPort: variable('ORRERY_HEALTH_PORT', port.default(0), { says: 'a port, 0 for any free one', example: '9090' }),
  startSeconds: variable('ORRERY_START_SECONDS', z.coerce.number().min(1).max(3_600).default(60), {
    says: 'how many seconds to wait at start for databases and the bus',
    example: '60',
  }),
  stopSeconds: variable('ORRERY_STOP_SECONDS', z.coerce.number().min(1).max(3_600).default(20), {
    says: 'how many seconds an orderly stop may take',
    example: '20',
  }),
  // Read by the log itself, before there is a configuration; here they are only judged.
  logLevel: variable('ORRERY_LOG_LEVEL', z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'), {
    says: 'how grave a log line must be to be written',
    example: 'info',
  }),
  logFormat: variable('ORRERY_LOG_FORMAT', z.enum(['json', 'pretty']).default('json'), {
    says: 'whether log lines are for programs or for people',
    example: 'pretty',
  }),
});
export type ProcessConfig = z.output<typeof ProcessConfig>;

/** The database of a service: its own URL, or `orrery_<service>` on the common server. */
export const databaseUrlOf = (
  service: string,
  { postgresUrl, databaseUrl }: { postgresUrl: string; databaseUrl?: string | undefined },
): string => {
  if (databaseUrl) return databaseUrl;
  const url = new URL(postgresUrl);
  url.pathname = `/orrery_${service}`;
  return url.href;
};

/** What a database is called on its server. */
export const nameOfDatabase = (url: string): string => decodeURIComponent(new URL(url).pathname.slice(1));
