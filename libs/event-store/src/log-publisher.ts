import type { Place, Recorded } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { NatsConnection } from 'nats';
import { MalformedEvent } from './cloud-event.ts';
import { bury } from './dead-letters.ts';
import type { EventStore } from './event-store.ts';
import { type Preparation, type Prepared, prepare, unpublishable } from './relay-message.ts';
import { type Acknowledged, Publisher, PublishRefused } from './relay-publish.ts';

const ackTimeoutMs = 5_000;
const defaultMaxPayload = 1_048_576;

/** How many events of a batch are dealt with, from its start; `failure` says why the rest is not. */
export interface Progress {
  readonly count: number;
  readonly failure?: PublishRefused;
}

export interface Repetition {
  /** How far the log is published in order: noted on each message, for whoever looks at the end of the stream. */
  readonly tail: Place;
  /** Older messages are not in the stream any more. */
  readonly firstSequence: number;
  /** The messages are known to be missing, whatever JetStream's memory of recent ids says. */
  readonly missing?: boolean;
}

export interface LogPublisherOptions {
  readonly store: Pick<EventStore, 'service' | 'registry'>;
  readonly nats: NatsConnection;
  readonly log: Log;
}

const freshSuffix = (): string => `:${Date.now().toString(36)}`;

/** Publishes a service's events to its stream: in their turn, each only behind its predecessor; or again, wherever. */
export class LogPublisher {
  /** The stream's last sequence, as far as we know: what the next message in turn must follow. */
  sequence = 0;
  private suffix = '';
  private readonly options: LogPublisherOptions;
  private readonly publisher: Publisher;

  constructor(options: LogPublisherOptions) {
    this.options = options;
    this.publisher = new Publisher(options.nats, ackTimeoutMs, `_INBOX_${options.store.service}`);
  }

  close(): void {
    this.publisher.close();
  }

  /** Leaves no gap: a message is taken only if its predecessor is the last of the stream, whoever else publishes. */
  async inTurn(events: readonly Recorded[], signal: AbortSignal): Promise<Progress> {
    const ready = await this.prepared(events, { suffix: this.suffix });
    const messages = ready.map(({ message }, index) => ({ ...message, after: this.sequence + index }));
    const { taken, failure } = await this.publisher.publish(messages, signal);
    // Held for a duplicate although it is not there: the stream was emptied, its memory of recent ids was not.
    const forgotten = taken.findIndex(({ duplicate }) => duplicate);
    const count = forgotten < 0 ? taken.length : forgotten;
    this.account(ready, count);
    this.sequence = taken[count - 1]?.sequence ?? this.sequence;
    this.suffix = forgotten < 0 ? '' : freshSuffix();
    const next = ready[count]?.recorded;
    if (!next) return { count: events.length };
    return { count: events.indexOf(next), failure: failure ?? new PublishRefused('held for a duplicate of a lost message') };
  }

  /** Publishes events that were published before; those that are still there are left alone as far as JetStream remembers them. */
  async again(events: readonly Recorded[], repetition: Repetition, signal: AbortSignal): Promise<Progress> {
    const { missing, firstSequence, tail } = repetition;
    const ready = await this.prepared(events, { suffix: missing === true ? freshSuffix() : '', repeat: tail });
    const { taken, failure } = await this.publisher.publish(
      ready.map(({ message }) => message),
      signal,
    );
    this.account(ready, taken.length);
    for (const { sequence } of taken) this.sequence = Math.max(this.sequence, sequence);
    const lost = ready.filter((_, index) => isForgotten(taken[index], firstSequence)).map(({ recorded }) => recorded);
    if (lost.length > 0) await this.again(lost, { ...repetition, missing: true }, signal);
    const next = ready[taken.length]?.recorded;
    return next ? { count: events.indexOf(next), ...(failure ? { failure } : {}) } : { count: events.length };
  }

  private async prepared(events: readonly Recorded[], how: Pick<Preparation, 'suffix' | 'repeat'>): Promise<readonly Prepared[]> {
    const { store, nats, log } = this.options;
    const preparation: Preparation = { ...how, store, maxPayload: nats.info?.max_payload ?? defaultMaxPayload };
    const ready: Prepared[] = [];
    for (const recorded of events) {
      if (store.registry.contractOf(recorded.event.type).isPrivate) continue;
      try {
        ready.push(prepare(recorded, preparation));
      } catch (error) {
        if (!(error instanceof MalformedEvent)) throw error;
        // Its letter was written when it was its turn.
        if (how.repeat) continue;
        log.error({ err: error, eventId: recorded.id, type: recorded.event.type }, 'an event cannot be published');
        await bury(nats, unpublishable(recorded, error, preparation));
      }
    }
    return ready;
  }

  private account(ready: readonly Prepared[], count: number): void {
    for (const { span } of ready) span?.end();
    if (count > 0) metrics.relayed.add(count, { service: this.options.store.service });
  }
}

const isForgotten = (taken: Acknowledged | undefined, firstSequence: number): boolean =>
  taken?.duplicate === true && taken.sequence < firstSequence;
