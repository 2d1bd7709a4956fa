import { setTimeout as pause } from 'node:timers/promises';
import { commonStreams, ensureStreams } from '@orrery/event-store';
import type { Log } from '@orrery/telemetry';
import { AckPolicy, type ConsumerMessages, DeliverPolicy, type JsMsg, type NatsConnection, nanos } from 'nats';
import { Bell } from './bell.ts';

export interface IngestOptions {
  readonly nats: NatsConnection;
  readonly stream: string;
  readonly durable: string;
  readonly log: Log;
  /** Takes all of them, or fails and is called again; may be given one that it has had before. */
  readonly take: (messages: readonly JsMsg[]) => Promise<void>;
}

export interface Ingest {
  readonly stop: () => Promise<void>;
}

const ackWaitMs = 30_000;
const mostUnacked = 512;
const pullSize = 256;
const batchSize = 128;
const restMs = 1_000;
const retryMs = { least: 100, most: 5_000 };

/** Takes telemetry out of a JetStream stream, in batches, and acknowledges it when it is stored. */
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
    const storing = this.store();
    for (let failures = 0; !this.signal.aborted; failures += 1) {
      const began = performance.now();
      await this.pull().catch((err: unknown) => this.options.log.warn({ err, stream: this.options.stream }, 'cannot take in telemetry'));
      if (performance.now() - began > retryMs.most) failures = 0;
      await this.rest(failures);
    }
    await storing;
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
      expires: ackWaitMs,
      idle_heartbeat: restMs * 5,
      abort_on_missing_resource: true,
      callback: (message) => {
        this.waiting.push(message);
        this.bell.ring();
      },
    });
    const close = (): void => void messages.close();
    this.signal.addEventListener('abort', close, { once: true });
    const ended = await messages.closed();
    this.signal.removeEventListener('abort', close);
    if (ended instanceof Error) throw ended;
  }

  private async store(): Promise<void> {
    for (let failures = 0; !this.signal.aborted; ) {
      const batch = this.waiting.slice(0, batchSize);
      if (batch.length === 0) {
        await this.bell.wait(restMs, this.signal);
        continue;
      }
      try {
        await this.options.take(batch);
        for (const message of batch) message.ack();
        this.waiting.splice(0, batch.length);
        failures = 0;
      } catch (err) {
        failures += 1;
        this.options.log.warn({ err, stream: this.options.stream }, 'cannot store telemetry');
        await this.rest(failures);
      }
    }
  }

  private async rest(failures: number): Promise<void> {
    const ms = Math.min(retryMs.most, retryMs.least * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
    await pause(ms, undefined, { signal: this.signal }).catch(() => undefined);
  }
}
