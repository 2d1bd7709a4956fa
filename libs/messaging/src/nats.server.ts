import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import { type Operation, serviceOf } from '@orrery/contracts';
import { type Binding, bindingOf } from './binding.ts';
import type { Bus } from './bus.ts';
import { Desk } from './desk.ts';
import type { Failures } from './replies.ts';
import { transportId } from './serves.ts';
import { type HandleStream, StreamDesk } from './stream-desk.ts';
import { askSubject } from './subjects.ts';
import type { Handle } from './visit.ts';
import { withinMs } from './within-ms.ts';

export interface NatsServerOptions extends Partial<Failures> {
  readonly bus: Bus;
  /** The service whose operations are served: the queue group. */
  readonly service: string;
  readonly concurrency?: number;
  readonly queue?: number;
  /** Streams that may be open at the same time. */
  readonly streams?: number;
  /** How long a shutdown waits for what is under way. */
  readonly drainMs?: number;
}

/** Nest's door to the bus: every `@Serves` of the application, in the queue group of its service. */
export class NatsServer extends Server implements CustomTransportStrategy {
  override readonly transportId = transportId;
  readonly #options: NatsServerOptions;
  readonly #desk: Desk;
  readonly #failures: Failures;
  #streams: StreamDesk | undefined;
  #isReady = false;

  constructor(options: NatsServerOptions) {
    super();
    this.#options = options;
    this.#failures = {
      onFault: options.onFault ?? (({ operation, correlationId, error }) => this.logger.error(error, `${operation} ${correlationId}`)),
      refusalOf: options.refusalOf ?? (() => undefined),
    };
    this.#desk = new Desk(options.bus.line, {
      concurrency: options.concurrency ?? 256,
      queue: options.queue ?? 1_024,
      clock: 'shared',
      ...this.#failures,
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
      for (const handler of this.messageHandlers.values()) await this.#serve(handler);
      await this.#desk.settle();
      this.#isReady = true;
      callback();
    } catch (error) {
      await this.close();
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

  async #serve(handler: MessageHandler): Promise<void> {
    // Put there by `@Serves`, the only decorator with this transport.
    const { operation } = handler.extras as { operation: Operation };
    const { service } = this.#options;
    if (serviceOf(operation) !== service) throw new TypeError(`${operation.subject} is not an operation of ${service}`);
    const binding = await bindingOf((first) => handler(first), operation.subject);
    const fromAgents = operation.access === 'agent';
    const subject = askSubject(operation);
    const handle = operation.kind === 'stream' ? this.#streamer(operation, binding) : answerer(binding);
    this.#desk.serve(operation, handle, { subject: fromAgents ? `${subject}.*` : subject, queue: service, fromAgents });
  }

  #streamer(operation: Operation, { controller, method }: Binding): Handle {
    const { bus, service, streams = 1_000 } = this.#options;
    this.#streams ??= new StreamDesk(bus.line, { service, streams, beatMs: bus.line.beatMs, ...this.#failures });
    const desk = this.#streams;
    const handle: HandleStream = async (...request) => Reflect.apply(method, controller, request);
    return (input, context, reading) => desk.open({ operation, input, context, reading, handle });
  }
}

const answerer =
  ({ controller, method }: Binding): Handle =>
  (input, context) =>
    Reflect.apply(method, controller, [input, context]);
