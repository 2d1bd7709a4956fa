import { persist } from '@orrery/kernel';
import { type AgentDesk, type Bus, connectBus, NotLetIn } from '@orrery/messaging/light';
import type { Log } from '@orrery/telemetry';
import type { Platform } from './platform.ts';

export interface ConnectionOptions {
  readonly url: string;
  readonly credentials: string | undefined;
  readonly name: string;
  readonly platform: Platform;
  readonly log: Log;
  /** Called once the bus is there, with which the agent serves. */
  readonly serve: (bus: Bus) => AgentDesk;
  /** The platform may be reachable again. */
  readonly onUp: () => void;
}

const backOff = { firstMs: 200, longestMs: 10_000 };
const drainMs = 3_000;
const notLetIn =
  'the bus does not take the credentials of this machine: it was away for longer than they last, or was removed; ' +
  'an operator makes a token for it (POST /orrery/v1/workers/{workerId}/join-tokens), to be set as ORRERY_JOIN_TOKEN';

/**
 * Reaches the bus however long it takes: programs that live on this machine are looked after meanwhile. Once there, the
 * connection mends itself for ever.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #stopped = new AbortController();
  readonly #reached: Promise<void>;
  #desk: AgentDesk | undefined;
  #isRefused = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#reached = this.#reach();
  }

  /** Why the bus is not there, where it is not for want of a network. */
  get refusal(): string | undefined {
    const { bus } = this.#options.platform;
    return (bus ? bus.line.link.isRefused : this.#isRefused) ? notLetIn : undefined;
  }

  /** Takes no more requests, finishes those it has. */
  async quiet(): Promise<void> {
    this.#stopped.abort();
    await this.#reached;
    await this.#desk?.drain(drainMs);
  }

  async close(): Promise<void> {
    this.#stopped.abort();
    await this.#reached;
    await this.#options.platform.bus?.close();
  }

  async #reach(): Promise<void> {
    const { url, log } = this.#options;
    await persist(() => this.#connect(), {
      signal: this.#stopped.signal,
      backOff,
      failed: (err) => (err instanceof NotLetIn ? this.#refused() : log.warn({ err, url }, 'the bus cannot be reached yet')),
      until: () => this.#desk !== undefined,
    });
  }

  async #connect(): Promise<void> {
    const { url, credentials, name, platform, log, serve, onUp } = this.#options;
    const inboxPrefix = `_INBOX_agent.${platform.workerId}`;
    const bus = await connectBus({ url, name, inboxPrefix, firstConnectMs: 0, ...(credentials ? { credentials } : {}) });
    platform.connect(bus);
    bus.line.link.onUp(onUp);
    bus.line.link.onRefused(() => this.#refused());
    this.#desk = serve(bus);
    this.#isRefused = false;
    log.info({ url }, 'reached the bus');
    onUp();
  }

  #refused(): void {
    const { log, platform } = this.#options;
    this.#isRefused = true;
    log.error({ workerId: platform.workerId }, notLetIn);
  }
}
