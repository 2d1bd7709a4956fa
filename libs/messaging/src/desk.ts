import type { Operation, RequestContext } from '@orrery/contracts';
import type { Msg, Subscription } from 'nats';
import { type Admission, admit, readInput, type Served, type Welcome } from './admission.ts';
import { Gate, type GateLimits } from './gate.ts';
import type { DeadlineClock } from './headers.ts';
import { hear } from './hear.ts';
import type { Line } from './line.ts';
import { checkedOutput, type Failures, replyToFailure } from './replies.ts';
import { routeOf } from './route.ts';
import { isInbox } from './subjects.ts';
import { endSpan, type RpcOutcome, startServerSpan, within } from './telemetry.ts';
import { encodeJson, type WireReply } from './wire.ts';
import { withinMs } from './within-ms.ts';

/** `reading` is where the asker of a stream hears its items. */
export type Handle = (input: unknown, context: RequestContext, reading: string | undefined) => Promise<unknown>;

export interface DeskOptions extends GateLimits, Failures {
  readonly clock: DeadlineClock;
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
  readonly #denied: Error[] = [];

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
    const onBroken = (error: unknown): void => this.#options.onFault({ operation: operation.subject, correlationId: '', error });
    const receive = (message: Msg): void => this.#receive(counter, message);
    const onDenied = (error: Error): void => {
      this.#denied.push(error);
    };
    const subscription = hear(this.#line.connection, subject, { queue, receive, onBroken, onDenied });
    this.#subscriptions.push(subscription);
  }

  /** Resolves when the server has taken every subscription; fails where it refused one. */
  async settle(): Promise<void> {
    await this.#line.connection.flush();
    const [first] = this.#denied;
    if (first) throw new Error(`the bus lets this process hear no requests: ${first.message}`, { cause: first });
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
    if (this.#gate.enter((done) => this.#judge(counter, message, startedAt, done))) return;
    this.#reply(counter, message, { accepted: false, rejection: { code: 'Overloaded', details: { retryAfterMs } } });
    this.#line.instruments.served(counter.route, 'shed', startedAt);
  }

  #judge(counter: Counter, message: Msg, startedAt: number, done: () => void): void {
    const end = (outcome: RpcOutcome): void => {
      this.#line.instruments.served(counter.route, outcome, startedAt);
      done();
    };
    let admission: Admission;
    try {
      admission = admit(counter, message, this.#options.clock);
    } catch (error) {
      end('refused');
      throw error;
    }
    if (admission.kind === 'expired') end('expired');
    else if (admission.kind === 'refused') end(this.#reply(counter, message, { accepted: false, rejection: admission.rejection }));
    else this.#answer(counter, message, admission, end);
  }

  #answer(counter: Counter, message: Msg, admission: Welcome, end: (outcome: RpcOutcome) => void): void {
    const { span, context: spanned, traceparent } = startServerSpan(counter.route, admission.carrier, admission.context.orgId);
    const { context } = admission;
    // Read from the header a moment ago, so nobody else's.
    if (traceparent !== undefined) context.traceparent = traceparent;
    const { operation } = counter;
    const finish = (reply: WireReply): void => {
      const outcome = this.#reply(counter, message, reply, context.correlationId);
      endSpan(span, outcome, 'fault' in reply ? reply.fault.kind : undefined);
      end(outcome);
    };
    const fail = (error: unknown): void => finish(replyToFailure(operation, error, context.correlationId, this.#options));
    const succeed = (value: unknown): void => {
      // What opens a stream is ours; what it brings is checked item by item.
      const output = operation.kind === 'stream' ? { ok: true as const, value } : checkedOutput(operation, value);
      if (output.ok) finish({ accepted: true, value: output.value });
      else fail(output.error);
    };
    const read = readInput(operation, message.data);
    if (!read.ok) finish({ accepted: false, rejection: read.rejection });
    else within(spanned, () => started(() => counter.handle(read.input, context, admission.reading)).then(succeed, fail));
  }

  /** Tells what became of the answer in the end. */
  #reply({ operation }: Counter, message: Msg, reply: WireReply, correlationId = ''): RpcOutcome {
    try {
      const fitting = this.#fitting(operation, reply, correlationId);
      message.respond(fitting.payload);
      return outcomeOfReply(fitting.reply);
    } catch (error) {
      // The connection is gone for good, and with it whoever asked.
      this.#options.onFault({ operation: operation.subject, correlationId, error });
      return 'fault';
    }
  }

  /** The answer as bytes; or another one in its place, where it is no JSON after all (a bigint) or too large. */
  #fitting(operation: Operation, reply: WireReply, correlationId: string): { readonly reply: WireReply; readonly payload: Buffer } {
    const limit = this.#line.payloadLimit;
    let fitting = reply;
    let payload: Buffer;
    try {
      payload = encodeJson(fitting);
    } catch (error) {
      fitting = replyToFailure(operation, error, correlationId, this.#options);
      payload = encodeJson(fitting);
    }
    if (payload.length <= limit) return { reply: fitting, payload };
    const rejection = { code: 'PayloadTooLarge', details: { part: 'answer', bytes: payload.length, limit } };
    return { reply: { accepted: false, rejection }, payload: encodeJson({ accepted: false, rejection }) };
  }
}

const outcomeOfReply = (reply: WireReply): RpcOutcome => {
  if (!('fault' in reply)) return reply.accepted ? 'accepted' : 'refused';
  return reply.fault.kind === 'internal' ? 'fault' : reply.fault.kind;
};

/** A handler that throws before it waits has failed like any other. */
const started = (work: () => Promise<unknown>): Promise<unknown> => {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
};
