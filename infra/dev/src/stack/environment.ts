import { join } from 'node:path';
import { revokerFile } from './bus-files.ts';
import type { StackRecord } from './record.ts';
import type { StackSecrets } from './secrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type Where = Pick<StackRecord, 'postgresUrl' | 'natsUrl' | 'credsDirectory' | 'redisUrl' | 'gatewayUrl'>;

/** Programs that the platform trusts. An agent is not one of them: it gets no secret and no database. */
const usersOfTheBus = ['all', 'gateway', 'identity', 'catalog', 'inference', 'execution', 'billing', 'observability', 'events', 'operator'];

/** What those may know of our environment that we do not trust: an agent runs the programs of strangers, an engine reads files of theirs. Address and key are of another engine than ours. */
const forAgents = /^(?!ORRERY_)|^ORRERY_(AGENT|LOG)_/;
const forEngines = /^(?!ORRERY_)|^ORRERY_(ENGINE_(?!(HOST|KEY)$)|LOG_)/;

const withoutSecrets = (inherited: Environment, allowed: RegExp): Environment =>
  Object.fromEntries(Object.entries(inherited).filter(([name]) => allowed.test(name)));

const credsOf = (program: string, where: Where): Environment =>
  where.credsDirectory === undefined || !usersOfTheBus.includes(program)
    ? {}
    : { ORRERY_NATS_CREDS: join(where.credsDirectory, `${program}.creds`) };

const gatewayVariables = (where: Where, secrets: StackSecrets, inherited: Environment): Environment => {
  const { hostname, port } = new URL(where.gatewayUrl);
  const host = inherited.ORRERY_HTTP_HOST || hostname;
  return { ORRERY_HTTP_HOST: host, ORRERY_HTTP_PORT: port, ORRERY_OPERATOR_KEY: secrets.operatorKey };
};

/** A program that gives agents their credentials, and takes them away, gets the keys for it, when the bus asks for credentials at all. */
const signingVariables = ({ credsDirectory }: Where, secrets: StackSecrets): Environment =>
  credsDirectory === undefined
    ? {}
    : { ORRERY_NATS_ACCOUNT_SEED: secrets.bus.signing, ORRERY_NATS_REVOKER: join(credsDirectory, revokerFile) };

const loopback = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Everybody may read all e-mail where nobody but us can ask, as long as we did not say otherwise. */
const developmentVariables = (where: Where, inherited: Environment): Environment => {
  const host = inherited.ORRERY_HTTP_HOST ?? new URL(where.gatewayUrl).hostname;
  return inherited.ORRERY_DEVELOPMENT === undefined && loopback.test(host) ? { ORRERY_DEVELOPMENT: 'true' } : {};
};

/** Our bus may be on another port than when the machine joined. Of one that was given to us the URL may hold a login. */
const busOfAgents = (where: Where): Environment => (where.credsDirectory === undefined ? {} : { ORRERY_NATS_URL: where.natsUrl });

/** The environment of one program of the stack: ours, and over it what the stack chose for this program and no other. */
export const environmentOf = (program: string, where: Where, secrets: StackSecrets, inherited: Environment): NodeJS.ProcessEnv => {
  if (program === 'engine') return { ...withoutSecrets(inherited, forEngines) };
  if (program === 'agent') return { ...withoutSecrets(inherited, forAgents), ORRERY_PUBLIC_URL: where.gatewayUrl, ...busOfAgents(where) };
  const isAll = program === 'all';
  return {
    ...inherited,
    ORRERY_PUBLIC_URL: where.gatewayUrl,
    ORRERY_POSTGRES_URL: where.postgresUrl,
    ORRERY_NATS_URL: where.natsUrl,
    ORRERY_REDIS_URL: where.redisUrl,
    ORRERY_SECRET: secrets.secret,
    ...credsOf(program, where),
    ...(isAll || program === 'gateway' || program === 'identity' ? developmentVariables(where, inherited) : {}),
    ...(isAll || program === 'gateway' ? gatewayVariables(where, secrets, inherited) : {}),
    ...(isAll || program === 'execution' ? signingVariables(where, secrets) : {}),
  };
};
