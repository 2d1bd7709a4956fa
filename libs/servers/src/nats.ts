import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Daemon, startDaemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { greeting } from './greeting.ts';
import { locateNats } from './locate.ts';
import { type Server, serverOf } from './server.ts';

export interface NatsOptions {
  readonly dir: string;
  /** Kept when it is free. */
  readonly port?: number;
  readonly binary?: string;
  /** More lines for its configuration file: authentication, limits. */
  readonly config?: string;
}

export interface NatsServer extends Server {
  /** What losing the disk looks like: SIGKILL, all of JetStream's data deleted, started again empty. */
  readonly wipe: () => Promise<void>;
}

/** Since 2.10 JetStream can be told to fsync before it acknowledges; older servers refuse the word. */
const canSyncAlways = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 10);
};

export const natsVersion = (binary: string): string =>
  /v(\d+\.\d+\.\d+)/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8', timeout: 5_000 }))?.[1] ?? '0.0.0';

/** The text of nats.conf. `more` holds its authentication. */
export const natsConfigOf = (at: { listen: string; store: string; syncAlways: boolean }, more = ''): string =>
  [
    `listen: ${JSON.stringify(at.listen)}`,
    'max_payload: 8MB',
    `jetstream { store_dir: ${JSON.stringify(at.store)}${at.syncAlways ? ', sync_interval: always' : ''} }`,
    more,
    '',
  ].join('\n');

export const startNatsServer = async (options: NatsOptions): Promise<NatsServer> => {
  const binary = options.binary ?? locateNats();
  if (binary === undefined) throw new Error('nats-server is not installed: apt-get install nats-server, or set ORRERY_NATS_URL');
  const { dir } = options;
  const store = join(dir, 'jetstream');
  const port = await freePort(options.port);
  const file = join(dir, 'nats.conf');
  mkdirSync(dir, { recursive: true });
  const at = { listen: `127.0.0.1:${port}`, store, syncAlways: canSyncAlways(natsVersion(binary)) };
  writeFileSync(file, natsConfigOf(at, options.config), { mode: 0o600 });

  const start = (): Promise<Daemon> =>
    startDaemon({
      name: 'nats',
      command: binary,
      args: ['-c', file],
      dir,
      isReady: async () => (await greeting(port))?.startsWith('INFO') ?? false,
    });
  const server = await serverOf({ url: `nats://127.0.0.1:${port}`, port, dir }, start);
  return {
    ...server,
    wipe: async () => {
      await server.kill9();
      rmSync(store, { recursive: true, force: true });
      await server.restart();
    },
  };
};
