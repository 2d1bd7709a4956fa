import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { greeting } from '@orrery/servers';
import { parse } from 'yaml';
import type { StackPaths } from '../stack/paths.ts';
import { writePrivate } from '../stack/private-file.ts';
import { Problem } from '../terminal.ts';
import type { ServerName } from './choose.ts';
import { composeCommand } from './machine.ts';

export interface ComposedOptions {
  readonly paths: StackPaths;
  readonly ports: Readonly<Record<ServerName, number>>;
  readonly password: string;
  /** Path of the file that nats-server shall read. */
  readonly natsConfig: string;
}

type Images = Readonly<Record<ServerName, string>>;

/** The images that docker-compose.yml names: one place says which versions the platform runs on. */
export const imagesOf = (composeFile: string): Images => {
  const { services }: { services: Record<string, { image: string }> } = parse(composeFile);
  const image = (name: ServerName): string => services[name]?.image ?? name;
  return { postgres: image('postgres'), nats: image('nats'), redis: image('redis') };
};

const published = (port: number, inside: number): string[] => [`127.0.0.1:${port}:${inside}`];

/** A Compose project of just the servers, on our ports and with our secrets. */
export const projectOf = (images: Images, { ports, password, natsConfig }: ComposedOptions): object => ({
  services: {
    postgres: {
      image: images.postgres,
      command: ['postgres', '-c', 'max_connections=400'],
      environment: { POSTGRES_USER: 'orrery', POSTGRES_PASSWORD: password, POSTGRES_DB: 'postgres' },
      ports: published(ports.postgres, 5432),
      volumes: ['postgres:/var/lib/postgresql/data'],
    },
    nats: {
      image: images.nats,
      command: ['-c', '/etc/nats/nats.conf'],
      ports: published(ports.nats, 4222),
      volumes: [`${natsConfig}:/etc/nats/nats.conf:ro`, 'nats:/data'],
    },
    redis: { image: images.redis, command: ['redis-server', '--save', '', '--appendonly', 'no'], ports: published(ports.redis, 6379) },
  },
  volumes: { postgres: {}, nats: {} },
});

export interface Composed {
  readonly urls: Readonly<Record<ServerName, string>>;
  readonly stop: () => Promise<void>;
}

/** Two checkouts on one machine are two projects. */
const projectName = ({ name, checkout }: StackPaths): string =>
  `orrery-${name}-${createHash('sha256').update(checkout).digest('hex').slice(0, 8)}`;

const startMs = 60_000;

/** PostgreSQL says nothing until spoken to: an SSL request is answered by one letter as soon as it takes connections. */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
const hello: Readonly<Record<ServerName, string | Uint8Array | undefined>> = { postgres: sslRequest, nats: undefined, redis: 'PING\r\n' };

const untilAnswered = async (ports: Readonly<Record<ServerName, number>>, wanted: readonly ServerName[]): Promise<void> => {
  const giveUpAt = Date.now() + startMs;
  for (const name of wanted) {
    while ((await greeting(ports[name], hello[name])) === undefined) {
      if (Date.now() > giveUpAt) throw new Problem(`The container of ${name} does not answer on port ${ports[name]}`);
      await pause(100);
    }
  }
};

const projectFile = (paths: StackPaths): string => join(paths.own, 'compose.json');

const composeFor = (paths: StackPaths): ((...args: string[]) => boolean) => {
  const [command = '', ...words] = composeCommand() ?? [];
  const project = ['-f', projectFile(paths), '-p', projectName(paths)];
  return (...args) =>
    spawnSync(command, [...words, ...project, ...args], { stdio: ['ignore', 'ignore', 2], timeout: 10 * 60_000 }).status === 0;
};

/** Whether containers of this stack run: left over, where nobody watches over them. */
export const isComposedRunning = (paths: StackPaths): boolean => {
  const [command, ...words] = existsSync(projectFile(paths)) ? (composeCommand() ?? []) : [];
  if (command === undefined) return false;
  const asked = ['-f', projectFile(paths), '-p', projectName(paths), 'ps', '--status', 'running', '--quiet'];
  const { status, stdout } = spawnSync(command, [...words, ...asked], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 });
  return status === 0 && stdout.toString('utf8').trim() !== '';
};

/** Stops the containers that a killed run left; `forget` deletes their data too. */
export const stopComposed = (paths: StackPaths, forget = false): void => {
  if (!existsSync(projectFile(paths)) || composeCommand() === undefined) return;
  composeFor(paths)('down', ...(forget ? ['--volumes'] : []));
};

/** Starts the servers as containers. Throws a `Problem` where the engine cannot have the images. */
export const startComposed = async (options: ComposedOptions, wanted: readonly ServerName[]): Promise<Composed> => {
  const { paths, ports, password } = options;
  const images = imagesOf(readFileSync(join(paths.checkout, 'docker-compose.yml'), 'utf8'));
  writePrivate(projectFile(paths), JSON.stringify(projectOf(images, options)));
  const compose = composeFor(paths);
  try {
    if (!compose('up', '-d', ...wanted)) throw new Problem('Docker Compose could not start the servers; the lines above say why');
    await untilAnswered(ports, wanted);
  } catch (error) {
    compose('down');
    throw error;
  }
  return {
    urls: {
      postgres: `postgres://orrery:${password}@127.0.0.1:${ports.postgres}/postgres`,
      nats: `nats://127.0.0.1:${ports.nats}`,
      redis: `redis://127.0.0.1:${ports.redis}`,
    },
    stop: async () => {
      compose('stop');
    },
  };
};
