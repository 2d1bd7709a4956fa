import { readFileSync } from 'node:fs';
import { type Authenticator, type ConnectionOptions, connect, credsAuthenticator, NatsError } from 'nats';
import { Bus } from './bus.ts';
import { NotLetIn } from './errors.ts';
import type { LineOptions } from './line.ts';
import { isRefusal } from './link.ts';

export interface ConnectOptions extends LineOptions {
  /** `nats://host:port`, several separated by commas; the first may carry `user:password@`. `tls://`: encrypted or not at all. */
  readonly url: string;
  /** How the connection is called in the server's monitoring. */
  readonly name: string;
  /** Path of a .creds file. It may be replaced at any time: it is read again whenever the bus asks who this is. */
  readonly credentials?: string;
  /** How long the first connection may take, retries included. 0: one try. */
  readonly firstConnectMs?: number;
}

const reconnect = { least: 100, spread: 400 };
/** Whoever is refused will be refused again in a moment, and to prove who one is costs both sides. */
const afterRefusal = { least: 2_000, spread: 3_000 };

const delay = ({ least, spread } = reconnect): number => least + Math.random() * spread;

const authenticatorOf = (path: string): Authenticator => {
  let held = readFileSync(path);
  const read = (): Buffer => {
    try {
      held = readFileSync(path);
    } catch {
      // What was read before may still do; if not, the bus says so.
    }
    return held;
  };
  return credsAuthenticator(read);
};

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

const settingsOf = ({ url, name, credentials, inboxPrefix }: ConnectOptions): ConnectionOptions & { servers: string[] } => {
  const { servers, login, isEncrypted } = serversOf(url);
  return {
    servers,
    ...login,
    // Otherwise the client takes whatever the other end, or who is between, offers.
    ...(isEncrypted ? { tls: {} } : {}),
    name,
    ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
    ...(credentials === undefined ? {} : { authenticator: authenticatorOf(credentials) }),
    // Halves the client's CPU: no stack is taken for each request.
    noAsyncTraces: true,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    timeout: 5_000,
    pingInterval: 10_000,
    maxPingOut: 2,
  };
};

const failure = (message: string, cause: unknown): Error =>
  cause instanceof NatsError && isRefusal(cause.code) ? new NotLetIn(message, { cause }) : new Error(message, { cause });

/** Connects, and from then on reconnects for ever. Fails when no server lets it in in time. */
export const connectBus = async (options: ConnectOptions): Promise<Bus> => {
  let bus: Bus | undefined;
  const reconnectDelayHandler = (): number => delay(bus?.line.link.isRefused ? afterRefusal : reconnect);
  const settings = { ...settingsOf(options), reconnectDelayHandler };
  const giveUpAt = Date.now() + (options.firstConnectMs ?? 30_000);
  for (;;) {
    try {
      bus = new Bus(await connect(settings), options);
      return bus;
    } catch (cause) {
      const wait = delay();
      if (Date.now() + wait < giveUpAt) await new Promise((resolve) => setTimeout(resolve, wait));
      else throw failure(`cannot connect to NATS at ${settings.servers.join(', ')}: ${String(cause)}`, cause);
    }
  }
};
