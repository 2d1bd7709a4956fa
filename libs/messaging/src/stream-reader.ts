import type { Operation, OutputOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import type { Msg } from 'nats';
import { Refused, ServiceUnavailable } from './errors.ts';
import { isNoResponders } from './inbox.ts';
import type { Line } from './line.ts';
import type { Details } from './outcome.ts';
import { readOutput } from './read-reply.ts';
import { Shelf } from './shelf.ts';
import { type Flow, type Frame, type Reading, silentBeats, type Window } from './stream-frames.ts';
import { decodeJson, encodeJson, errorOf } from './wire.ts';

export type Opened = { readonly accepted: true } | { readonly accepted: false; readonly rejection: Rejection<string, Details> };

/** The items of a stream, in order. To be iterated once; leaving the loop ends it at the service too, and so does the signal. */
export interface ItemStream<T> extends AsyncIterable<T> {
  /** Whether the service lets it begin. Iterating opens it as well, and throws `Refused` where the service refuses. */
  readonly open: () => Promise<Opened>;
}

/** Where to report to, or a refusal. */
export type Opening = { readonly accepted: true; readonly flow: string } | Extract<Opened, { accepted: false }>;

/** Asks the service to begin. */
export type OpenStream = (reading: Reading) => Promise<Opening>;

export interface ReaderOptions {
  readonly service: string;
  readonly window: Window;
  readonly beatMs: number;
  readonly signal: AbortSignal | undefined;
}

/** What the server's answer says when nobody hears this side any more: as if items were missing. */
const lost: Frame = { seq: -1, beat: true };

/** One reading of a stream. Holds at most a window of items; credit goes back as they are taken. */
export class StreamReader<X extends Operation> implements ItemStream<OutputOf<X>> {
  readonly #line: Line;
  readonly #operation: X;
  readonly #options: ReaderOptions;
  readonly #ask: OpenStream;
  readonly #shelf = new Shelf<unknown>();
  readonly #releases: (() => void)[] = [];
  #opening: Promise<Opened> | undefined;
  #address = '';
  #flow: string | undefined;
  #seq = 0;
  #silentBeats = 0;
  #told = { items: 0, bytes: 0 };

  constructor(line: Line, operation: X, ask: OpenStream, options: ReaderOptions) {
    this.#line = line;
    this.#operation = operation;
    this.#ask = ask;
    this.#options = options;
  }

  open(): Promise<Opened> {
    this.#opening ??= this.#begin();
    return this.#opening;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<OutputOf<X>, void, undefined> {
    const opened = await this.open();
    if (!opened.accepted) throw new Refused(opened.rejection);
    try {
      for (let held = await this.#shelf.take(); held; held = await this.#shelf.take()) {
        this.#giveCredit();
        yield readOutput(this.#operation, held.item);
      }
    } finally {
      this.#stop();
    }
  }

  async #begin(): Promise<Opened> {
    const { signal, window, beatMs, service } = this.#options;
    if (signal?.aborted) {
      this.#shelf.close();
      return { accepted: true };
    }
    this.#address = this.#line.inbox.open({
      receive: (message) => this.#hear(message),
      lose: (reason, cause) => this.#end(new ServiceUnavailable(service, reason, { cause })),
    });
    this.#releases.push(() => this.#line.inbox.close(this.#address));
    try {
      const opened = await this.#ask({ inbox: this.#address, ...window });
      if (!opened.accepted) {
        this.#stop();
        return opened;
      }
      this.#flow = opened.flow;
    } catch (error) {
      this.#stop();
      throw error;
    }
    const timer = setInterval(() => this.#beat(), beatMs);
    const stop = (): void => this.#stop();
    signal?.addEventListener('abort', stop);
    this.#releases.push(
      () => clearInterval(timer),
      () => signal?.removeEventListener('abort', stop),
    );
    if (signal?.aborted) this.#stop();
    else if (this.#line.link.isUp) this.#tell(this.#shelf.taken);
    else this.#end(new ServiceUnavailable(service, 'disconnected'));
    return { accepted: true };
  }

  #hear(message: Msg): void {
    this.#silentBeats = 0;
    // The other end is our own server: its frames are trusted, the items in them are checked.
    const frame = isNoResponders(message) ? lost : (decodeJson(message.data) as Frame);
    if (!('seq' in frame)) this.#end('accepted' in frame ? new Refused(frame.rejection) : errorOf(frame.fault));
    else if (frame.seq !== ('item' in frame ? this.#seq + 1 : this.#seq))
      this.#end(new ServiceUnavailable(this.#options.service, 'interrupted'));
    else if ('end' in frame) this.#end();
    else if ('item' in frame) {
      this.#seq = frame.seq;
      this.#shelf.put(frame.item, message.data.length);
    }
  }

  /** Not with every item: when half of the window is free again. */
  #giveCredit(): void {
    const { taken } = this.#shelf;
    const { window } = this.#options;
    if ((taken.items - this.#told.items) * 2 >= window.items || (taken.bytes - this.#told.bytes) * 2 >= window.bytes) this.#tell(taken);
  }

  #beat(): void {
    this.#silentBeats += 1;
    if (this.#silentBeats > silentBeats) this.#end(new ServiceUnavailable(this.#options.service, 'interrupted'));
    else this.#tell(this.#shelf.taken);
  }

  #tell(flow: Flow): void {
    if (this.#flow === undefined || this.#line.connection.isClosed()) return;
    if ('items' in flow) this.#told = { ...flow };
    this.#line.connection.publish(this.#flow, encodeJson(flow), 'stop' in flow ? {} : { reply: this.#address });
  }

  /** The service has ended, or is gone: what has arrived can still be taken. */
  #end(error?: Error): void {
    this.#shelf.close(error);
    this.#release();
  }

  /** The reader has ended: what has arrived is of no use any more. */
  #stop(): void {
    if (this.#releases.length > 0) this.#tell({ stop: true });
    this.#shelf.clear();
    this.#end();
  }

  #release(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}
