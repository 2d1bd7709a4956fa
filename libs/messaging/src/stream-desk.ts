import type { Operation, RequestContext } from '@orrery/contracts';
import { type Msg, nuid, type Subscription } from 'nats';
import { Refused } from './errors.ts';
import { hear } from './hear.ts';
import { isNoResponders } from './inbox.ts';
import type { Line } from './line.ts';
import type { Failures } from './replies.ts';
import { Flow, readReading } from './stream-frames.ts';
import { StreamWriter } from './stream-writer.ts';
import { flowSubject } from './subjects.ts';
import { decodeJson } from './wire.ts';

export type HandleStream = (input: unknown, context: RequestContext, signal: AbortSignal) => Promise<AsyncIterable<unknown>>;

export interface StreamDeskOptions extends Failures {
  readonly service: string;
  /** Streams that are open at the same time. */
  readonly streams: number;
  readonly beatMs: number;
}

export interface StreamRequest {
  readonly operation: Operation;
  readonly input: unknown;
  readonly context: RequestContext;
  /** Where the asker hears the items, as it said in its header. */
  readonly reading: string | undefined;
  readonly handle: HandleStream;
}

/** A source that refuses does so with its first item; one that only waits for something to happen is let in after this. */
const openGraceMs = 250;
const retryAfterMs = 2_000;
/** A stream has no deadline; what its handler asks on the way needs one. */
const streamLifeMs = 86_400_000;

/** The open streams of one instance of a service. */
export class StreamDesk {
  readonly #line: Line;
  readonly #options: StreamDeskOptions;
  readonly #root: string;
  readonly #writers = new Map<string, StreamWriter>();
  readonly #over = new Set<Promise<void>>();
  readonly #subscription: Subscription;
  readonly #timer: NodeJS.Timeout;
  readonly #offDown: () => void;
  #isClosing = false;
  #count = 0;

  constructor(line: Line, options: StreamDeskOptions) {
    this.#line = line;
    this.#options = options;
    this.#root = flowSubject(options.service, nuid.next());
    this.#subscription = hear(line.connection, `${this.#root}.*`, {
      receive: (message) => this.#hear(message),
      onBroken: (error) => options.onFault({ operation: `${options.service}.flow`, correlationId: '', error }),
    });
    this.#timer = setInterval(() => this.#each((writer) => writer.beat()), options.beatMs);
    // Whoever read has lost what was under way, and opens its stream again.
    this.#offDown = line.link.onDown(() => this.#each((writer) => writer.abandon()));
  }

  get size(): number {
    return this.#writers.size;
  }

  /** Lets a stream begin: answers where its reader reports to. */
  async open({ operation, input, context, reading: told, handle }: StreamRequest): Promise<{ readonly flow: string }> {
    const reading = readReading(told);
    if (!reading)
      throw new Refused({
        code: 'InvalidInput',
        details: { issues: [{ path: [], message: 'this operation is a stream', code: 'stream' }] },
      });
    if (this.#isClosing || this.#writers.size >= this.#options.streams)
      throw new Refused({ code: 'Overloaded', details: { retryAfterMs } });
    this.#count += 1;
    const flow = `${this.#root}.${this.#count.toString(36)}`;
    const controller = new AbortController();
    const writer = new StreamWriter({
      connection: this.#line.connection,
      operation,
      correlationId: context.correlationId,
      reading,
      flow,
      controller,
      payloadLimit: this.#line.payloadLimit,
      failures: this.#options,
    });
    // Counted from now on: opening streams that never begin are streams too.
    this.#writers.set(flow, writer);
    try {
      const source = await handle(input, { ...context, deadlineAt: Date.now() + streamLifeMs }, controller.signal);
      const items = source[Symbol.asyncIterator]();
      const first = items.next();
      await settledOr(first, openGraceMs);
      this.#run(flow, writer.pump(items, first));
      return { flow };
    } catch (error) {
      this.#writers.delete(flow);
      controller.abort();
      throw error;
    }
  }

  /** Ends every stream so that its reader knows, and waits for the sources to close, for as long as it may. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    this.#offDown();
    this.#each((writer) => writer.interrupt(this.#options.service));
    await Promise.all(this.#over);
    if (!this.#line.connection.isClosed()) this.#subscription.unsubscribe();
  }

  #run(flow: string, pumping: Promise<void>): void {
    const over = pumping.finally(() => {
      this.#writers.delete(flow);
      this.#over.delete(over);
    });
    this.#over.add(over);
  }

  #hear(message: Msg): void {
    const writer = this.#writers.get(message.subject);
    if (isNoResponders(message)) writer?.abandon();
    else {
      const flow = Flow.safeParse(decodeJson(message.data));
      if (flow.success) writer?.heard(flow.data);
    }
  }

  #each(act: (writer: StreamWriter) => void): void {
    for (const writer of [...this.#writers.values()]) act(writer);
  }
}

/** Rejects with the promise; otherwise resolves with it or after `ms`, whichever is first. */
const settledOr = (promise: Promise<unknown>, ms: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    promise.then(() => resolve(), reject).finally(() => clearTimeout(timer));
  });
