import { Bell, pause, pauseOf, persist } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg, type NatsConnection, nanos } from 'nats';
import { commonStreams, ensureStreams } from './streams.ts';

export interface IngestOptions {
  readonly nats: NatsConnection;
  readonly stream: string;
  readonly durable: string;
  readonly log: Log;
  /** How long what came first waits for more to be stored with it. */
  readonly lingerMs?: number;
  /** Takes all of them, or fails and is called again; may be given one that it has had before. */
  readonly take: (messages: readonly JsMsg[]) => Promise<void>;
}

export interface Ingest {
  readonly stop: () => Promise<void>;
}

/** A process that died gives back what it had after this time; one that lives says so more often than that. */
const ackWaitMs = 5_000;
const stillHereMs = 1_000;
const pullMs = 30_000;
const mostUnacked = 512;
const pullSize = 256;
const batchSize = 128;
const restMs = 1_000;
const backOff = { firstMs: 100, longestMs: 5_000 };

/** Takes what is no event out of a JetStream stream, in batches, and acknowledges it when it is stored. */
export const startIngest = (options: IngestOptions): Ingest => {
  const stopped = new AbortController();
  const running = new Ingestion(options, stopped.signal).run();
  return {
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
};

class Ingestion {
  private readonly options: IngestOptions;
  private readonly signal: AbortSignal;
  private readonly bell = new Bell();
  private waiting: JsMsg[] = [];

  constructor(options: IngestOptions, signal: AbortSignal) {
    this.options = options;
    this.signal = signal;
  }

  /** The outermost loop of something that outlives its servers: it logs and tries again. */
  async run(): Promise<void> {
    const { signal } = this;
    const storing = this.store();
    const timer = setInterval(() => this.holdOn(), stillHereMs);
    await persist(() => this.pull(), { signal, backOff, failed: (err) => this.warn(err, 'cannot take in what the stream holds') });
    await storing;
    clearInterval(timer);
  }

  /** What waits for the store here need not be given to another. */
  private holdOn(): void {
    for (const message of this.waiting) message.working();
  }

  private async pull(): Promise<void> {
    const { nats, stream, durable } = this.options;
    const jsm = await nats.jetstreamManager();
    await ensureStreams(jsm, commonStreams());
    await jsm.consumers.add(stream, {
      durable_name: durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: mostUnacked,
    });
    const consumer = await nats.jetstream().consumers.get(stream, durable);
    const messages: ConsumerMessages = await consumer.consume({
      max_messages: pullSize,
      expires: pullMs,
      idle_heartbeat: restMs * 5,
      abort_on_missing_resource: true,
      callback: (message) => {
        this.waiting.push(message);
        this.bell.ring();
      },
    });
    const close = (): void => void messages.close();
    this.signal.addEventListener('abort', close, { once: true });
    // The signal may have come while the consumer was being looked for: it comes once.
    if (this.signal.aborted) close();
    const ended = await messages.closed();
    this.signal.removeEventListener('abort', close);
    if (!this.signal.aborted) throw ended ?? new Error('the server gives no more messages');
  }

  private async store(): Promise<void> {
    for (let failures = 0; !this.signal.aborted; ) {
      const batch = this.waiting.slice(0, batchSize);
      if (batch.length === 0) {
        await this.bell.wait(restMs, this.signal);
        // What is not stored when the process stops is given to the next one.
        if (this.waiting.length > 0) await pause(this.options.lingerMs ?? 0, this.signal);
        continue;
      }
      try {
        await this.options.take(batch);
        for (const message of batch) message.ack();
        this.waiting.splice(0, batch.length);
        failures = 0;
      } catch (err) {
        failures += 1;
        this.warn(err, 'cannot store what came');
        await pause(pauseOf(failures, backOff), this.signal);
      }
    }
  }

  private warn(err: unknown, what: string): void {
    this.options.log.warn({ err, stream: this.options.stream }, what);
  }
}
