import { join } from 'node:path';
import {
  freePort,
  locateNats,
  locatePostgres,
  locateRedis,
  natsConfigOf,
  type Server,
  startNatsServer,
  startPostgresServer,
  startRedisServer,
} from '@orrery/servers';
import { aptInstall } from '../finding/apt.ts';
import { about, type Choice, choose, type Facts, type ServerName, serverNames } from '../finding/choose.ts';
import { type Composed, startComposed } from '../finding/composed.ts';
import { Problem, terminal, timed } from '../terminal.ts';
import type { StackPaths } from './paths.ts';
import { writePrivate } from './private-file.ts';
import type { Ports } from './record.ts';

export interface Servers {
  readonly urls: Readonly<Record<ServerName, string>>;
  readonly ports: Ports;
  /** Those that we watch over: private processes of ours. */
  readonly own: Readonly<Partial<Record<ServerName, Server>>>;
  /** The bus asks for the credentials that we wrote. */
  readonly isBusOurs: boolean;
  readonly stop: () => Promise<void>;
}

export interface ServersOptions {
  readonly paths: StackPaths;
  readonly facts: Facts;
  readonly wantedPorts: Ports;
  readonly password: string;
  /** Lines for nats.conf that say who may do what. */
  readonly busAuthority: string;
}

type Choices = Readonly<Record<ServerName, Choice>>;

const choicesOf = (facts: Facts): Choices => ({
  postgres: choose('postgres', facts),
  nats: choose('nats', facts),
  redis: choose('redis', facts),
});

const named = (choices: Choices, from: Choice['from']): ServerName[] => serverNames.filter((name) => choices[name].from === from);

const startPrivate: Readonly<Record<ServerName, (options: ServersOptions) => Promise<Server>>> = {
  postgres: ({ paths, wantedPorts }) =>
    startPostgresServer({ dir: join(paths.data, 'postgres'), templates: paths.templates, ...portOf(wantedPorts, 'postgres') }),
  nats: ({ paths, wantedPorts, busAuthority }) =>
    startNatsServer({ dir: join(paths.data, 'nats'), config: busAuthority, ...portOf(wantedPorts, 'nats') }),
  redis: ({ paths, wantedPorts }) => startRedisServer({ dir: join(paths.data, 'redis'), ...portOf(wantedPorts, 'redis') }),
};

/** What the server said last is all that there is to say; the way here is of no use to anybody. */
const didNotStart =
  (name: ServerName) =>
  (error: unknown): never => {
    throw error instanceof Error && !('code' in error) ? new Problem(`${about[name].title}: ${error.message}`) : error;
  };

const portOf = (ports: Ports, name: ServerName): { port?: number } => {
  const port = ports[name];
  return port === undefined ? {} : { port };
};

const place: Readonly<Record<ServerName, () => string | undefined>> = { postgres: locatePostgres, nats: locateNats, redis: locateRedis };

/** Installs what apt has and nothing else gives. */
export const installMissing = (choices: Choices): void => {
  for (const name of named(choices, 'nowhere')) {
    const choice = choices[name];
    if (choice.from === 'nowhere') throw new Problem(choice.advice);
  }
  const packages = named(choices, 'apt').map((name) => about[name].debianPackage);
  aptInstall(packages);
};

const composeServers = async (options: ServersOptions, wanted: readonly ServerName[]): Promise<Composed | undefined> => {
  if (wanted.length === 0) return undefined;
  const { paths, wantedPorts, password, busAuthority } = options;
  const natsConfig = join(paths.own, 'nats.conf');
  writePrivate(natsConfig, natsConfigOf({ listen: '0.0.0.0:4222', store: '/data', syncAlways: true }, busAuthority));
  const ports = {
    postgres: await freePort(wantedPorts.postgres),
    nats: await freePort(wantedPorts.nats),
    redis: await freePort(wantedPorts.redis),
  };
  return timed('containers by Docker Compose', () => startComposed({ paths, ports, password, natsConfig }, wanted));
};

const stopAll = async (own: Servers['own'], composed: Composed | undefined): Promise<void> => {
  // PostgreSQL last: it is the truth, and whoever still writes shall reach it.
  for (const name of ['redis', 'nats', 'postgres'] as const) await own[name]?.stop();
  await composed?.stop();
};

/** Loaded only where it is wanted: the drivers of three servers, which most stacks start by themselves. */
const checkThoseGiven = async (choices: Choices, environment: NodeJS.ProcessEnv): Promise<void> => {
  const given = serverNames.flatMap((name) => {
    const choice = choices[name];
    return choice.from === 'environment' ? [[name, choice.url] as const] : [];
  });
  if (given.length === 0) return;
  const { checkGiven } = await import('../finding/given.ts');
  await checkGiven(Object.fromEntries(given), environment);
};

const startWith = async (choices: Choices, options: ServersOptions): Promise<Servers> => {
  installMissing(choices);
  const composed = await composeServers(options, named(choices, 'compose'));
  const own: Partial<Record<ServerName, Server>> = {};
  const urls: Partial<Record<ServerName, string>> = {};
  const start = async (name: ServerName): Promise<void> => {
    const choice = choices[name];
    if (choice.from === 'environment') {
      urls[name] = choice.url;
      terminal.note(`${about[name].title} as ${about[name].variable} says`);
    } else if (choice.from === 'compose') {
      urls[name] = composed?.urls[name] ?? '';
    } else {
      const server = await timed(`${about[name].title}, ${place[name]() ?? ''}`, () =>
        startPrivate[name](options).catch(didNotStart(name)),
      );
      own[name] = server;
      urls[name] = server.url;
    }
  };
  const started = await Promise.allSettled(serverNames.map(start));
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stopAll(own, composed);
    throw failed.reason;
  }
  const { postgres = '', nats = '', redis = '' } = urls;
  return {
    urls: { postgres, nats, redis },
    ports: Object.fromEntries(Object.entries({ postgres, nats, redis }).map(([name, url]) => [name, Number(new URL(url).port)])),
    own,
    isBusOurs: choices.nats.from !== 'environment',
    stop: () => stopAll(own, composed),
  };
};

/** PostgreSQL, NATS and Redis, from wherever they are to be had. Where containers fail, programs of this machine do. */
export const startServers = async (options: ServersOptions): Promise<Servers> => {
  const choices = choicesOf(options.facts);
  await checkThoseGiven(choices, options.facts.environment);
  try {
    return await startWith(choices, options);
  } catch (error) {
    if (!(error instanceof Problem) || named(choices, 'compose').length === 0) throw error;
    terminal.warning(`${error.message}. Going on without containers.`);
    return startWith(choicesOf({ ...options.facts, hasEngine: false }), options);
  }
};
