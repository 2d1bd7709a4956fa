import type { Operation, RequestContext } from '@orrery/contracts';
import type { Msg, Subscription } from 'nats';
import { admit, readInput, type Served } from './admission.ts';
import { Gate, type GateLimits } from './gate.ts';
import { carrierOf, type DeadlineClock } from './headers.ts';
import type { Line } from './line.ts';
import { encodeOutput, type FaultSink, replyToFailure } from './replies.ts';
import { routeOf } from './route.ts';
import { isInbox } from './subjects.ts';
import { endSpan, type RpcOutcome, startServerSpan, within } from './telemetry.ts';
import { encodeJson, type WireReply } from './wire.ts';
import { withinMs } from './within-ms.ts';

export type Handle = (input: unknown, context: RequestContext, message: Msg) => Promise<unknown>;

export interface DeskOptions extends GateLimits {
  readonly clock: DeadlineClock;
  readonly onFault: FaultSink;
}

export interface Place {
  readonly subject: string;
  readonly queue?: string;
  readonly fromAgents?: boolean;
}

interface Counter extends Served {
  readonly handle: Handle;
}

const retryAfterMs = 500;

/** Where requests arrive: judged, validated, handled, answered; never more at once than there is room for. */
export class Desk {
  readonly #line: Line;
  readonly #options: DeskOptions;
  readonly #gate: Gate;
  readonly #subscriptions: Subscription[] = [];

  constructor(line: Line, options: DeskOptions) {
    this.#line = line;
    this.#options = options;
    this.#gate = new Gate(options);
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#gate.running, waiting: this.#gate.waiting };
  }

  serve(operation: Operation, handle: Handle, { subject, queue, fromAgents = false }: Place): void {
    const counter: Counter = { operation, handle, route: routeOf(operation), fromAgents };
    const subscription = this.#line.connection.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error === null) this.#receive(counter, message);
      },
    });
    this.#subscriptions.push(subscription);
  }

  /** Takes no more, finishes what it has, for as long as it may. True where everything was finished. */
  async drain(ms: number): Promise<boolean> {
    return withinMs(this.#finish(), ms);
  }

  async #finish(): Promise<void> {
    await Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.drain()));
    await this.#gate.whenIdle();
    await this.#line.connection.flush();
  }

  #receive(counter: Counter, message: Msg): void {
    if (!isInbox(message.reply)) return;
    const startedAt = performance.now();
    if (this.#gate.enter(() => this.#work(counter, message, startedAt))) return;
    this.#reply(counter, message, { accepted: false, rejection: { code: 'Overloaded', details: { retryAfterMs } } });
    this.#line.instruments.served(counter.route, 'shed', startedAt);
  }

  async #work(counter: Counter, message: Msg, startedAt: number): Promise<void> {
    const outcome = await this.#judge(counter, message);
    this.#line.instruments.served(counter.route, outcome, startedAt);
  }

  async #judge(counter: Counter, message: Msg): Promise<RpcOutcome> {
    const admission = admit(counter, message, this.#options.clock);
    if (admission.kind === 'expired') return 'expired';
    if (admission.kind === 'refused') return this.#reply(counter, message, { accepted: false, rejection: admission.rejection });
    const { span, context: spanned, traceparent } = startServerSpan(counter.route, carrierOf(message.headers), admission.context.orgId);
    const context = traceparent === undefined ? admission.context : { ...admission.context, traceparent };
    const reply = await within(spanned, () => this.#answer(counter, message, context));
    const outcome = this.#reply(counter, message, reply);
    endSpan(span, outcome, 'fault' in reply ? reply.fault.kind : undefined);
    return outcome;
  }

  async #answer({ operation, handle }: Counter, message: Msg, context: RequestContext): Promise<WireReply> {
    try {
      const read = readInput(operation, message.data);
      if (!read.ok) return { accepted: false, rejection: read.rejection };
      const value = await handle(read.input, context, message);
      return { accepted: true, value: operation.kind === 'stream' ? value : encodeOutput(operation, value) };
    } catch (error) {
      return replyToFailure(operation, error, { correlationId: context.correlationId, onFault: this.#options.onFault });
    }
  }

  #reply({ operation }: Counter, message: Msg, reply: WireReply): RpcOutcome {
    const limit = this.#line.payloadLimit;
    try {
      const payload = encodeJson(reply);
      if (payload.length <= limit) message.respond(payload);
      else {
        const details = { part: 'answer', bytes: payload.length, limit };
        message.respond(encodeJson({ accepted: false, rejection: { code: 'PayloadTooLarge', details } }));
      }
    } catch (error) {
      // No JSON after all (a bigint), or the connection is gone for good and with it whoever asked.
      this.#options.onFault({ operation: operation.subject, correlationId: '', error });
      return 'fault';
    }
    return outcomeOfReply(reply);
  }
}

const outcomeOfReply = (reply: WireReply): RpcOutcome => {
  if (!('fault' in reply)) return reply.accepted ? 'accepted' : 'refused';
  return reply.fault.kind === 'internal' ? 'fault' : reply.fault.kind;
};
