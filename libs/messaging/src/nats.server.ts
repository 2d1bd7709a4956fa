import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { type Operation, serviceOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import type { Bus } from './bus.ts';
import { Call } from './call.ts';
import { Desk, type Handle } from './desk.ts';
import { Refused } from './errors.ts';
import type { FaultSink } from './replies.ts';
import { transportId } from './serves.ts';
import { type HandleStream, StreamDesk } from './stream-desk.ts';
import { askSubject } from './subjects.ts';
import { withinMs } from './within-ms.ts';

export interface NatsServerOptions {
  readonly bus: Bus;
  /** The service whose operations are served: the queue group. */
  readonly service: string;
  readonly concurrency?: number;
  readonly queue?: number;
  /** Streams that may be open at the same time. */
  readonly streams?: number;
  /** How long a shutdown waits for what is under way. */
  readonly drainMs?: number;
  readonly onFault?: FaultSink;
  /** What an error of a library means to the caller, where it is no fault: a bad cursor, a full queue. */
  readonly refusalOf?: (error: unknown) => Rejection | undefined;
}

/** Nest's door to the bus: every `@Serves` of the application, in the queue group of its service. */
export class NatsServer extends Server implements CustomTransportStrategy {
  override readonly transportId = transportId;
  readonly #options: NatsServerOptions;
  readonly #desk: Desk;
  readonly #onFault: FaultSink;
  #streams: StreamDesk | undefined;
  #isReady = false;

  constructor(options: NatsServerOptions) {
    super();
    this.#options = options;
    this.#onFault = options.onFault ?? (({ operation, correlationId, error }) => this.logger.error(error, `${operation} ${correlationId}`));
    this.#desk = new Desk(options.bus.line, {
      concurrency: options.concurrency ?? 256,
      queue: options.queue ?? 1_024,
      clock: 'shared',
      onFault: this.#onFault,
    });
  }

  /** Connected, subscribed and not on its way out. */
  get isReady(): boolean {
    return this.#isReady && this.#options.bus.isConnected;
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return this.#desk.load;
  }

  override async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      for (const handler of this.messageHandlers.values()) this.#serve(handler);
      await this.#options.bus.connection.flush();
      this.#isReady = true;
      callback();
    } catch (error) {
      callback(error);
    }
  }

  override async close(): Promise<void> {
    this.#isReady = false;
    const { drainMs = 10_000 } = this.#options;
    await Promise.all([this.#desk.drain(drainMs), withinMs(this.#streams?.close() ?? Promise.resolve(), drainMs)]);
  }

  /** Nest's hook for transport events; the bus reports its own state. */
  override on(): void {}

  override unwrap<T>(): T {
    // Nest's signature promises whatever the caller names; there is one connection to give.
    return this.#options.bus.connection as T;
  }

  #serve(handler: MessageHandler): void {
    // Put there by `@Serves`, the only decorator with this transport.
    const { operation } = handler.extras as { operation: Operation };
    const { service, refusalOf = () => undefined } = this.#options;
    if (serviceOf(operation) !== service) throw new TypeError(`${operation.subject} is not an operation of ${service}`);
    const fromAgents = operation.access === 'agent';
    const subject = askSubject(operation);
    const handle = operation.kind === 'stream' ? this.#streamer(operation, handler) : answerer(handler, refusalOf);
    this.#desk.serve(operation, handle, { subject: fromAgents ? `${subject}.*` : subject, queue: service, fromAgents });
  }

  #streamer(operation: Operation, handler: MessageHandler): Handle {
    const { bus, service, streams = 1_000 } = this.#options;
    this.#streams ??= new StreamDesk(bus.line, { service, streams, beatMs: bus.line.beatMs, onFault: this.#onFault });
    const desk = this.#streams;
    // `@Serves` lets only methods that give async iterables serve a stream.
    const handle: HandleStream = async (input, context, signal) =>
      (await through(handler, new Call(input, context, signal))) as AsyncIterable<unknown>;
    return (input, context, message) => desk.open({ operation, input, context, message, handle });
  }
}

const through = async (handler: MessageHandler, call: Call): Promise<unknown> => {
  await handler(call);
  if (call.hasFailed) throw call.error;
  return call.result;
};

const unaborted = new AbortController().signal;

const answerer =
  (handler: MessageHandler, refusalOf: (error: unknown) => Rejection | undefined): Handle =>
  async (input, context) => {
    try {
      return await through(handler, new Call(input, context, unaborted));
    } catch (error) {
      const rejection = refusalOf(error);
      throw rejection ? new Refused(rejection) : error;
    }
  };
