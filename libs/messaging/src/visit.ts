import type { RequestContext } from '@orrery/contracts';
import type { Msg } from 'nats';
import { denialOf } from './access.ts';
import { type Admission, admit, readInput, type Served, type Welcome } from './admission.ts';
import type { DeadlineClock } from './headers.ts';
import type { Line } from './line.ts';
import { checkedOutput, type Failure, type Failures, replyToFailure } from './replies.ts';
import { endSpan, type RpcOutcome, type Span, startServerSpan, within } from './telemetry.ts';
import { encodeJson, type WireReply } from './wire.ts';

/** `reading` is where the asker of a stream hears its items. */
export type Handle = (input: unknown, context: RequestContext, reading: string | undefined) => Promise<unknown>;

/** Where one operation is served. */
export interface Counter extends Served {
  readonly handle: Handle;
}

export interface VisitOptions extends Failures {
  readonly clock: DeadlineClock;
}

const retryAfterMs = 500;

/** One request, from the door to its answer. */
export class Visit {
  readonly #line: Line;
  readonly #options: VisitOptions;
  readonly #counter: Counter;
  readonly #message: Msg;
  readonly #startedAt = performance.now();
  #context: RequestContext | undefined;
  #span: Span | undefined;
  #done: () => void = () => undefined;

  constructor(line: Line, options: VisitOptions, counter: Counter, message: Msg) {
    this.#line = line;
    this.#options = options;
    this.#counter = counter;
    this.#message = message;
  }

  shed(): void {
    this.#reply({ accepted: false, rejection: { code: 'Overloaded', details: { retryAfterMs } } });
    this.#line.instruments.served(this.#counter.route, 'shed', this.#startedAt);
  }

  run(done: () => void): void {
    this.#done = done;
    let admission: Admission;
    try {
      admission = admit(this.#counter, this.#message, this.#options.clock);
    } catch (error) {
      this.#end('refused');
      throw error;
    }
    if (admission.kind === 'expired') this.#end('expired');
    else if (admission.kind === 'refused') this.#finish({ accepted: false, rejection: admission.rejection });
    else this.#handle(admission);
  }

  #handle({ context, carrier, reading }: Welcome): void {
    const { operation, route, handle } = this.#counter;
    const { span, context: spanned, traceparent } = startServerSpan(route, carrier, context.orgId);
    this.#span = span;
    this.#context = context;
    // Read from the header a moment ago, so nobody else's.
    if (traceparent !== undefined) context.traceparent = traceparent;
    const read = readInput(operation, this.#message.data);
    const rejection = read.ok ? denialOf(operation, read.input, context) : read.rejection;
    if (read.ok && !rejection) this.#settle(within(spanned, () => started(() => handle(read.input, context, reading))));
    else if (rejection) this.#finish({ accepted: false, rejection });
  }

  #settle(handled: Promise<unknown>): void {
    handled.then(
      (value) => this.#succeed(value),
      (error: unknown) => this.#fail(error),
    );
  }

  #succeed(value: unknown): void {
    const { operation } = this.#counter;
    // What opens a stream is ours; what it brings is checked item by item.
    const output = operation.kind === 'stream' ? { ok: true as const, value } : checkedOutput(operation, value);
    if (output.ok) this.#finish({ accepted: true, value: output.value });
    else this.#fail(output.error);
  }

  #fail(error: unknown): void {
    this.#finish(this.#failure(error));
  }

  #finish(reply: WireReply): void {
    const outcome = this.#reply(reply);
    if (this.#span) endSpan(this.#span, outcome, 'fault' in reply ? reply.fault.kind : undefined);
    this.#end(outcome);
  }

  #end(outcome: RpcOutcome): void {
    this.#line.instruments.served(this.#counter.route, outcome, this.#startedAt);
    this.#done();
  }

  get #correlationId(): string {
    return this.#context?.correlationId ?? '';
  }

  #failure(error: unknown): Failure {
    return replyToFailure(this.#counter.operation, error, this.#correlationId, this.#options);
  }

  /** Tells what became of the answer in the end. */
  #reply(reply: WireReply): RpcOutcome {
    try {
      const fitting = this.#fitting(reply);
      this.#message.respond(fitting.payload);
      return outcomeOfReply(fitting.reply);
    } catch (error) {
      // The connection is gone for good, and with it whoever asked.
      this.#options.onFault({ operation: this.#counter.operation.subject, correlationId: this.#correlationId, error });
      return 'fault';
    }
  }

  /** The answer as bytes; or another one in its place, where it is no JSON after all (a bigint) or too large. */
  #fitting(reply: WireReply): { readonly reply: WireReply; readonly payload: Buffer } {
    const limit = this.#line.payloadLimit;
    let fitting = reply;
    let payload: Buffer;
    try {
      payload = encodeJson(fitting);
    } catch (error) {
      fitting = this.#failure(error);
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
