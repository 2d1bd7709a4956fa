import { readFile } from 'node:fs/promises';
import { type ConnectionOptions, connect, credsAuthenticator } from 'nats';
import { Bus } from './bus.ts';
import type { LineOptions } from './line.ts';

export interface ConnectOptions extends LineOptions {
  /** `nats://host:port`, several separated by commas; the first may carry `user:password@`. `tls://`: encrypted or not at all. */
  readonly url: string;
  /** How the connection is called in the server's monitoring. */
  readonly name: string;
  /** Path of a .creds file. */
  readonly credentials?: string;
  /** How long the first connection may take, retries included. 0: one try. */
  readonly firstConnectMs?: number;
}

const reconnect = { least: 100, spread: 400 };

const reconnectDelay = (): number => reconnect.least + Math.random() * reconnect.spread;

interface Servers {
  readonly servers: string[];
  readonly login: { readonly user?: string; readonly pass?: string };
  readonly isEncrypted: boolean;
}

/** The client knows no login in a URL: it would ask for a host of that name. */
const serversOf = (urls: string): Servers => {
  const parsed = urls.split(',').map((url) => new URL(url.includes('://') ? url : `nats://${url}`));
  const [{ username, password } = { username: '', password: '' }] = parsed;
  return {
    servers: parsed.map((url) => url.host),
    login: username ? { user: decodeURIComponent(username), pass: decodeURIComponent(password) } : {},
    isEncrypted: parsed.some(({ protocol }) => protocol === 'tls:'),
  };
};

const settingsOf = async ({ url, name, credentials, inboxPrefix }: ConnectOptions): Promise<ConnectionOptions & { servers: string[] }> => {
  const { servers, login, isEncrypted } = serversOf(url);
  return {
    servers,
    ...login,
    // Otherwise the client takes whatever the other end, or who is between, offers.
    ...(isEncrypted ? { tls: {} } : {}),
    name,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(await readFile(credentials)) }),
    // Halves the client's CPU: no stack is taken for each request.
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: reconnectDelay,
    timeout: 5_000,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
};

/** Connects, and from then on reconnects for ever. Fails when no server lets it in in time. */
export const connectBus = async (options: ConnectOptions): Promise<Bus> => {
  const settings = await settingsOf(options);
  const giveUpAt = Date.now() + (options.firstConnectMs ?? 30_000);
  for (;;) {
    try {
      return new Bus(await connect(settings), options);
    } catch (cause) {
      const wait = reconnectDelay();
      if (Date.now() + wait < giveUpAt) await new Promise((resolve) => setTimeout(resolve, wait));
      else throw new Error(`cannot connect to NATS at ${settings.servers.join(', ')}: ${String(cause)}`, { cause });
    }
  }
};
