import type { Operation, OutputOf, RequestContext, RequestOf } from '@orrery/contracts';
import type { Msg, NatsConnection } from 'nats';
import { DeadlineExceeded, ServiceUnavailable } from './errors.ts';
import { type Correspondent, Exchange, type Letter } from './exchange.ts';
import { type Carrier, writeHeaders } from './headers.ts';
import { Line, type LineOptions } from './line.ts';
import type { Outcome } from './outcome.ts';
import { type Reply, readOutput, readReply } from './read-reply.ts';
import { routeOf, targetOf } from './route.ts';
import { defaultWindow, type Reading, StreamOpened, type Window, writeReading } from './stream-frames.ts';
import { type ItemStream, type Opening, StreamReader } from './stream-reader.ts';
import { endSpan, type Instruments, type RpcOutcome, type Span, startClientSpan } from './telemetry.ts';
import { encodeJson } from './wire.ts';
import { withinMs } from './within-ms.ts';

export interface AskOptions {
  /** The agent that serves the operation, for a contract named `agent.<verb>`. */
  readonly agent?: string;
}

export interface StreamOptions extends AskOptions {
  /** Ends the stream; the loop over it ends quietly. */
  readonly signal?: AbortSignal;
  /** How much may wait here for the loop to take it. */
  readonly window?: Window;
}

const closeMs = 2_000;

interface Question<X extends Operation> {
  readonly operation: X;
  readonly input: RequestOf<X>;
  readonly context: RequestContext;
  readonly options: AskOptions;
  readonly reading?: Reading;
}

const outcomeOf = (error: unknown): RpcOutcome => {
  if (error instanceof ServiceUnavailable) return 'unavailable';
  return error instanceof DeadlineExceeded ? 'deadline' : 'fault';
};

/** Asks services and agents, by contract. */
export class Bus {
  readonly line: Line;
  readonly #exchange: Exchange;

  constructor(connection: NatsConnection, options: LineOptions = {}) {
    this.line = new Line(connection, options);
    this.#exchange = new Exchange(this.line);
  }

  get connection(): NatsConnection {
    return this.line.connection;
  }

  get isConnected(): boolean {
    return this.line.link.isUp;
  }

  /**
   * One question, one answer: the value, or a refusal. Throws `ServiceUnavailable`, `DeadlineExceeded` or `ServiceFault`, always
   * before the deadline of the context or of the operation, whichever is first.
   */
  ask<X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext, options: AskOptions = {}): Promise<Outcome<X>> {
    return this.#exchanged({ operation, input, context, options }, (reply) =>
      reply.accepted ? { accepted: true, value: readOutput(operation, reply.value) } : reply,
    );
  }

  /** One question, many answers, as fast as they are taken. */
  askStream<X extends Operation>(
    operation: X,
    input: RequestOf<X>,
    context: RequestContext,
    options: StreamOptions = {},
  ): ItemStream<OutputOf<X>> {
    const open = (reading: Reading): Promise<Opening> =>
      this.#exchanged({ operation, input, context, options, reading }, (reply) =>
        reply.accepted ? { accepted: true, flow: StreamOpened.parse(reply.value).flow } : reply,
      );
    const { service } = targetOf(operation, context.principal, options.agent);
    return new StreamReader(this.line, operation, open, {
      service,
      window: options.window ?? defaultWindow,
      beatMs: this.line.beatMs,
      signal: options.signal,
    });
  }

  /** Leaves and comes back at once, as whom the credentials say by now. What was asked here is asked again. */
  async reenter(): Promise<void> {
    if (this.isConnected) await withinMs(this.connection.flush(), closeMs);
    await this.connection.reconnect();
  }

  /** Sends what is written, and ends the connection. */
  async close(): Promise<void> {
    if (this.connection.isClosed()) return;
    if (this.isConnected) await withinMs(this.connection.flush(), closeMs);
    await this.connection.close();
  }

  /** One promise for the whole way there and back. */
  #exchanged<X extends Operation, T>(question: Question<X>, read: (reply: Reply<X>) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const asked = new Asked(this.line.instruments, question, read, { resolve, reject });
      try {
        const letter = this.#letterOf(question, asked.carrier);
        if ('accepted' in letter) asked.receive(letter);
        else this.#exchange.send(letter, asked);
      } catch (error) {
        asked.fail(error);
      }
    });
  }

  /** What to send, or why it cannot be sent. */
  #letterOf<X extends Operation>(question: Question<X>, carrier: Carrier): Letter | Extract<Reply<X>, { accepted: false }> {
    const { operation, input, context, options, reading } = question;
    const target = targetOf(operation, context.principal, options.agent);
    const payload = encodeJson(input);
    const limit = this.line.payloadLimit;
    if (payload.length > limit) {
      return { accepted: false, rejection: { code: 'PayloadTooLarge', details: { part: 'input', bytes: payload.length, limit } } };
    }
    const deadlineAt = Math.min(context.deadlineAt, Date.now() + routeOf(operation).deadlineMs);
    const isAfield = target.isAgent || context.principal.kind === 'agent';
    const headers = writeHeaders({ context, deadlineAt, carrier, reading: reading && writeReading(reading), isAfield });
    return { target, payload, headers, deadlineAt };
  }
}

interface Settling<T> {
  readonly resolve: (result: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A question under way, with its span. */
class Asked<X extends Operation, T> implements Correspondent {
  readonly carrier: Carrier;
  readonly #startedAt = performance.now();
  readonly #instruments: Instruments;
  readonly #operation: X;
  readonly #span: Span;
  readonly #read: (reply: Reply<X>) => T;
  readonly #settling: Settling<T>;

  constructor(instruments: Instruments, { operation, context }: Question<X>, read: (reply: Reply<X>) => T, settling: Settling<T>) {
    const { span, carrier } = startClientSpan(routeOf(operation), context.traceparent);
    this.carrier = carrier;
    this.#instruments = instruments;
    this.#operation = operation;
    this.#span = span;
    this.#read = read;
    this.#settling = settling;
  }

  answer(message: Msg): void {
    try {
      this.receive(readReply(this.#operation, message.data));
    } catch (error) {
      this.fail(error);
    }
  }

  receive(reply: Reply<X>): void {
    const result = this.#read(reply);
    this.#end(reply.accepted ? 'accepted' : 'refused');
    this.#settling.resolve(result);
  }

  fail(error: unknown): void {
    this.#end(outcomeOf(error), error);
    this.#settling.reject(error);
  }

  #end(outcome: RpcOutcome, error?: unknown): void {
    endSpan(this.#span, outcome, error);
    this.#instruments.asked(routeOf(this.#operation), outcome, this.#startedAt);
  }
}
