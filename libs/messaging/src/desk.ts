import type { Operation, RequestContext } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import type { Msg, Subscription } from 'nats';
import { z } from 'zod';
import { denial } from './access.ts';
import type { Bus } from './bus.ts';
import { ContractBroken, DeadlineExceeded, Refused, ServiceUnavailable } from './errors.ts';
import { Gate, type GateLimits } from './gate.ts';
import { carrierOf, type DeadlineClock, readContext } from './headers.ts';
import { busRefusals } from './outcome.ts';
import { type Route, routeOf } from './route.ts';
import { isInbox } from './subjects.ts';
import { endSpan, type RpcOutcome, startServerSpan, within } from './telemetry.ts';
import { decodeJson, encodeJson, faultOf, invalidInput, type WireReply } from './wire.ts';

/** Told of every fault that a caller only hears the name of. */
export type FaultSink = (fault: { readonly operation: string; readonly correlationId: string; readonly error: unknown }) => void;

export type Handle = (input: unknown, context: RequestContext) => Promise<unknown>;

export interface DeskOptions extends GateLimits {
  readonly clock: DeadlineClock;
  readonly onFault: FaultSink;
}

interface Served {
  readonly operation: Operation;
  readonly route: Route;
  readonly handle: Handle;
  /** Where the asker's id is the last token of the subject. */
  readonly fromAgents: boolean;
}

const retryAfterMs = 500;

/** Where requests arrive: judged, validated, handled, answered; never more at once than there is room for. */
export class Desk {
  readonly #bus: Bus;
  readonly #options: DeskOptions;
  readonly #gate: Gate;
  readonly #subscriptions: Subscription[] = [];

  constructor(bus: Bus, options: DeskOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#gate = new Gate(options);
  }

  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#gate.running, waiting: this.#gate.waiting };
  }

  serve(
    operation: Operation,
    handle: Handle,
    at: { readonly subject: string; readonly queue?: string; readonly fromAgents?: boolean },
  ): void {
    const served: Served = { operation, handle, route: routeOf(operation), fromAgents: at.fromAgents ?? false };
    const subscription = this.#bus.connection.subscribe(at.subject, {
      ...(at.queue === undefined ? {} : { queue: at.queue }),
      callback: (error, message) => {
        if (error === null) this.#receive(served, message);
      },
    });
    this.#subscriptions.push(subscription);
  }

  /** Takes no more, finishes what it has, for as long as it may. True where everything was finished. */
  async drain(ms: number): Promise<boolean> {
    const finished = Promise.all(this.#subscriptions.splice(0).map((subscription) => subscription.drain()))
      .then(() => this.#gate.whenIdle())
      .then(() => this.#bus.connection.flush())
      .then(
        () => true,
        () => false,
      );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), ms);
    });
    const done = await Promise.race([finished, late]);
    clearTimeout(timer);
    return done;
  }

  #receive(served: Served, message: Msg): void {
    if (!isInbox(message.reply)) return;
    const startedAt = performance.now();
    if (this.#gate.enter(() => this.#work(served, message, startedAt))) return;
    this.#reply(served, message, { accepted: false, rejection: { code: 'Overloaded', details: { retryAfterMs } } });
    this.#bus.instruments.served(served.route, 'shed', startedAt);
  }

  async #work(served: Served, message: Msg, startedAt: number): Promise<void> {
    const outcome = await this.#judge(served, message);
    this.#bus.instruments.served(served.route, outcome, startedAt);
  }

  async #judge(served: Served, message: Msg): Promise<RpcOutcome> {
    const read = readContext(message.headers, this.#options.clock);
    if (!read.ok)
      return this.#refuse(served, message, {
        code: 'InvalidInput',
        details: { issues: [{ path: [], message: read.why, code: 'context' }] },
      });
    const { context } = read;
    // Nobody waits any more: work done now would only slow those who do.
    if (Date.now() >= context.deadlineAt) return 'expired';
    const denied = denial(served.operation.access, context) ?? (served.fromAgents ? impostor(message.subject, context) : undefined);
    if (denied) return this.#refuse(served, message, denied);
    const { span, context: spanned, traceparent } = startServerSpan(served.route, carrierOf(message.headers));
    try {
      const reply = await within({ context: spanned }, () =>
        this.#answer(served, message, traceparent ? { ...context, traceparent } : context),
      );
      this.#reply(served, message, reply);
      const outcome = 'accepted' in reply && reply.accepted ? 'accepted' : 'refused';
      endSpan(span, outcome);
      return outcome;
    } catch (error) {
      return this.#fail(served, message, { error, context, span });
    }
  }

  async #answer({ operation, handle }: Served, message: Msg, context: RequestContext): Promise<WireReply> {
    const input = z.safeParse(operation.input, parsed(message.data));
    if (!input.success) return { accepted: false, rejection: invalidInput(input.error) };
    try {
      const output = z.safeEncode(operation.output, await handle(input.data, context));
      if (!output.success)
        throw new ContractBroken(`${operation.subject} answered what its contract refuses: ${z.prettifyError(output.error)}`);
      return { accepted: true, value: output.data };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { code } = error.rejection;
      if (code in operation.refusals || code in busRefusals) return { accepted: false, rejection: error.rejection };
      throw new ContractBroken(`${operation.subject} refused with ${code}, which its contract does not know`, { cause: error });
    }
  }

  #refuse(served: Served, message: Msg, rejection: Rejection): RpcOutcome {
    this.#reply(served, message, { accepted: false, rejection });
    return 'refused';
  }

  #fail(
    served: Served,
    message: Msg,
    { error, context, span }: { error: unknown; context: RequestContext; span: Parameters<typeof endSpan>[0] },
  ): RpcOutcome {
    const { subject } = served.operation;
    const { correlationId } = context;
    this.#options.onFault({ operation: subject, correlationId, error });
    this.#reply(served, message, { fault: faultOf(error, { service: served.route.service, operation: subject, correlationId }) });
    const outcome = error instanceof ServiceUnavailable ? 'unavailable' : error instanceof DeadlineExceeded ? 'deadline' : 'fault';
    endSpan(span, outcome, error);
    return outcome;
  }

  #reply({ operation }: Served, message: Msg, reply: WireReply): void {
    const payload = encodeJson(reply);
    const limit = this.#bus.payloadLimit;
    try {
      if (payload.length <= limit) message.respond(payload);
      else
        message.respond(
          encodeJson({
            accepted: false,
            rejection: { code: 'PayloadTooLarge', details: { part: 'answer', bytes: payload.length, limit } },
          }),
        );
    } catch (error) {
      // The connection is gone for good, and with it whoever asked.
      this.#options.onFault({ operation: operation.subject, correlationId: '', error });
    }
  }
}

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return decodeJson(bytes);
  } catch {
    return undefined;
  }
};

/** An agent's connection may only use subjects that end in its own id; what it claims to be must agree. */
const impostor = (subject: string, { principal }: RequestContext): Rejection | undefined =>
  principal.kind === 'agent' && subject.endsWith(`.${principal.id}`) ? undefined : { code: 'Forbidden', details: { needs: 'agent' } };
