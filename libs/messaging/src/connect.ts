import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, connect, credsAuthenticator } from 'nats';
import { Bus } from './bus.ts';
import type { LineOptions } from './line.ts';

export interface ConnectOptions extends LineOptions {
  /** `nats://host:port`, several separated by commas. */
  readonly url: string;
  /** How the connection is called in the server's monitoring. */
  readonly name: string;
  /** Path of a .creds file. */
  readonly credentials?: string;
  /** How long the first connection may take, retries included. */
  readonly firstConnectMs?: number;
}

const reconnect = { least: 100, spread: 400 };

const authenticatorOf = async (path: string | undefined): Promise<Pick<ConnectionOptions, 'authenticator'>> =>
  path === undefined ? {} : { authenticator: credsAuthenticator(await readFile(path)) };

/** Connects, and from then on reconnects for ever. Fails when no server answers in time. */
export const connectBus = async ({ url, name, credentials, firstConnectMs = 30_000, ...options }: ConnectOptions): Promise<Bus> => {
  const settings: ConnectionOptions = {
    servers: url.split(','),
    name,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
    ...(await authenticatorOf(credentials)),
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => reconnect.least + Math.random() * reconnect.spread,
    timeout: 5_000,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
  const giveUpAt = Date.now() + firstConnectMs;
  for (;;) {
    try {
      return new Bus(await connect(settings), options);
    } catch (cause) {
      const wait = reconnect.least + Math.random() * reconnect.spread;
      if (Date.now() + wait >= giveUpAt) throw new Error(`no NATS server answers at ${url}`, { cause });
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
};
