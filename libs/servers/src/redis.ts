import { mkdirSync } from 'node:fs';
import { startDaemon } from './daemon.ts';
import { freePort } from './free-port.ts';
import { greeting } from './greeting.ts';
import { locateRedis } from './locate.ts';
import { type Server, serverOf } from './server.ts';

export interface RedisOptions {
  readonly dir: string;
  /** Kept when it is free. */
  readonly port?: number;
  readonly binary?: string;
}

/** Redis holds limits and sessions that may be lost: no append-only file. */
export const startRedisServer = async (options: RedisOptions): Promise<Server> => {
  const binary = options.binary ?? locateRedis();
  if (binary === undefined) throw new Error('redis-server is not installed: apt-get install redis-server, or set ORRERY_REDIS_URL');
  const { dir } = options;
  mkdirSync(dir, { recursive: true });
  const port = await freePort(options.port);
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
  return serverOf({ url: `redis://127.0.0.1:${port}`, port, dir }, () =>
    startDaemon({
      name: 'redis',
      command: binary,
      args,
      dir,
      isReady: async () => (await greeting(port, 'PING\r\n'))?.startsWith('+PONG') ?? false,
    }),
  );
};
