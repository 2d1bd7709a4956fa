import type { Operation } from '@orrery/contracts';
import type { NatsConnection } from 'nats';
import { checkedOutput, type Failures, replyToFailure } from './replies.ts';
import { type Flow, type Frame, type Reading, silentBeats } from './stream-frames.ts';
import { encodeJson } from './wire.ts';

export interface StreamParts {
  readonly connection: NatsConnection;
  readonly operation: Operation;
  readonly correlationId: string;
  readonly reading: Reading;
  /** Where this stream hears its reader. */
  readonly flow: string;
  readonly controller: AbortController;
  readonly payloadLimit: number;
  readonly failures: Failures;
}

type Items = AsyncIterator<unknown>;

/** One stream at the service: sends while its reader has room, ends with it. */
export class StreamWriter {
  readonly #parts: StreamParts;
  readonly #sent = { items: 0, bytes: 0 };
  #taken: { items: number; bytes: number } | undefined;
  #silentBeats = 0;
  #wake: (() => void) | undefined;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  heard(flow: Flow): void {
    this.#silentBeats = 0;
    if ('stop' in flow) this.abandon();
    // Flows can arrive again or late; only what moves forward counts.
    else if (this.#taken === undefined || flow.items >= this.#taken.items) this.#taken = flow;
    this.#wake?.();
  }

  /** Nobody reads any more. */
  abandon(): void {
    this.#parts.controller.abort();
    this.#wake?.();
  }

  /** The service ends: the reader may open the stream again elsewhere. */
  interrupt(service: string): void {
    if (this.#isAbandoned) return;
    const { operation, correlationId } = this.#parts;
    this.#send({ fault: { kind: 'unavailable', service, operation: operation.subject, correlationId } });
    this.abandon();
  }

  /** Says that it lives; a reader that is gone is noticed by the server's own answer, or by its silence. */
  beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats > silentBeats) this.abandon();
    else this.#send({ seq: this.#sent.items, beat: true }, this.#parts.flow);
  }

  /** Resolves when the stream is over and its source is closed. */
  async pump(items: Items, first: Promise<IteratorResult<unknown>>): Promise<void> {
    try {
      await this.#each(items, first);
      if (!this.#isAbandoned) this.#send({ seq: this.#sent.items, end: true });
    } catch (error) {
      if (!this.#isAbandoned) this.#fail(error);
    } finally {
      this.#parts.controller.abort();
      // A source that waits for something else than its signal ends when that comes; nobody waits for it here.
      items.return?.().catch(() => undefined);
    }
  }

  get #isAbandoned(): boolean {
    return this.#parts.controller.signal.aborted;
  }

  get #hasRoom(): boolean {
    if (!this.#taken) return false;
    const { items, bytes } = this.#parts.reading;
    return this.#sent.items - this.#taken.items < items && this.#sent.bytes - this.#taken.bytes < bytes;
  }

  async #each(items: Items, first: Promise<IteratorResult<unknown>>): Promise<void> {
    let next = first;
    for (;;) {
      const result = await this.#orAbandoned(next);
      if (!result || result.done) return;
      const item = checkedOutput(this.#parts.operation, result.value);
      if (!item.ok) throw item.error;
      while (!this.#hasRoom) {
        if (this.#isAbandoned) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
      if (this.#isAbandoned) return;
      this.#sent.items += 1;
      this.#sent.bytes += this.#send({ seq: this.#sent.items, item: item.value });
      next = items.next();
    }
  }

  /** Not a race with a promise that outlives each item: that would keep every one of them in memory. */
  #orAbandoned(next: Promise<IteratorResult<unknown>>): Promise<IteratorResult<unknown> | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.#isAbandoned) resolve(undefined);
      };
      if (this.#isAbandoned) resolve(undefined);
      next.then(resolve, reject);
    });
  }

  #send(frame: Frame, reply?: string): number {
    const { connection, reading, payloadLimit } = this.#parts;
    const payload = encodeJson(frame);
    if (payload.length > payloadLimit)
      throw new RangeError(`an item of ${payload.length} bytes is larger than a message may be (${payloadLimit})`);
    if (connection.isClosed()) this.abandon();
    else connection.publish(reading.inbox, payload, reply === undefined ? {} : { reply });
    return payload.length;
  }

  #fail(error: unknown): void {
    const { operation, correlationId, failures } = this.#parts;
    this.#send(replyToFailure(operation, error, correlationId, failures));
  }
}
