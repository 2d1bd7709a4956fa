import type { Operation, OutputOf, RefusalOf, RequestContext, RequestOf } from '@orrery/contracts';
import type { Rejection } from '@orrery/kernel';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { ContractBroken, DeadlineExceeded, ServiceUnavailable } from './errors.ts';
import { Exchange } from './exchange.ts';
import { writeHeaders } from './headers.ts';
import { Inbox } from './inbox.ts';
import { Link } from './link.ts';
import type { BusRefusal, Details, Outcome } from './outcome.ts';
import { type Route, routeOf, targetOf } from './route.ts';
import { type ClientSpan, endSpan, Instruments, type RpcOutcome, startClientSpan } from './telemetry.ts';
import { decodeJson, encodeJson, errorOf, type WireReply } from './wire.ts';

export interface AskOptions {
  /** The agent that serves the operation, for a contract named `agent.<verb>`. */
  readonly agent?: string;
}

export interface BusOptions {
  readonly inboxPrefix?: string;
  /** Refuse larger messages even where the server would carry them. */
  readonly maxPayloadBytes?: number;
}

const headroom = 4_096;

const outcomeOf = (error: unknown): RpcOutcome => {
  if (error instanceof ServiceUnavailable) return 'unavailable';
  return error instanceof DeadlineExceeded ? 'deadline' : 'fault';
};

/** Asks services and agents, by contract. */
export class Bus {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly inbox: Inbox;
  readonly instruments = new Instruments();
  readonly #exchange: Exchange;
  readonly #maxPayloadBytes: number;

  constructor(connection: NatsConnection, options: BusOptions = {}) {
    this.connection = connection;
    this.link = new Link(connection);
    this.inbox = new Inbox(connection, options.inboxPrefix);
    this.#exchange = new Exchange(connection, this.inbox, this.link);
    this.#maxPayloadBytes = options.maxPayloadBytes ?? Number.POSITIVE_INFINITY;
  }

  get isConnected(): boolean {
    return this.link.isUp;
  }

  /** The largest body that a message may have. */
  get payloadLimit(): number {
    return Math.min(this.#maxPayloadBytes, (this.connection.info?.max_payload ?? 1_048_576) - headroom);
  }

  /**
   * One question, one answer: the value, or a refusal. Throws `ServiceUnavailable`, `DeadlineExceeded` or `ServiceFault`, always
   * before the deadline of the context or of the operation, whichever is first.
   */
  async ask<X extends Operation>(
    operation: X,
    input: RequestOf<X>,
    context: RequestContext,
    options: AskOptions = {},
  ): Promise<Outcome<X>> {
    const startedAt = performance.now();
    const route = routeOf(operation);
    const spanned = startClientSpan(route, context.traceparent);
    try {
      const outcome = await this.#answer(operation, input, context, { ...options, route, spanned });
      const name = outcome.accepted ? 'accepted' : 'refused';
      endSpan(spanned.span, name);
      this.instruments.asked(route, name, startedAt);
      return outcome;
    } catch (error) {
      endSpan(spanned.span, outcomeOf(error), error);
      this.instruments.asked(route, outcomeOf(error), startedAt);
      throw error;
    }
  }

  /** Sends what is written, and ends the connection. */
  async close(): Promise<void> {
    if (!this.connection.isClosed()) await this.connection.close();
  }

  async #answer<X extends Operation>(
    operation: X,
    input: RequestOf<X>,
    context: RequestContext,
    { route, spanned, agent }: AskOptions & { route: Route; spanned: ClientSpan },
  ): Promise<Outcome<X>> {
    const target = targetOf(operation, context.principal, agent);
    const payload = encodeJson(input);
    if (payload.length > this.payloadLimit) return tooLarge(payload.length, this.payloadLimit);
    const deadlineAt = Math.min(context.deadlineAt, Date.now() + route.deadlineMs);
    const headers = writeHeaders(context, deadlineAt, spanned.carrier);
    const message = await this.#exchange.send({ target, payload, headers, deadlineAt });
    return readReply(operation, message.data);
  }
}

const tooLarge = (bytes: number, limit: number): { accepted: false; rejection: Rejection<BusRefusal, Details> } => ({
  accepted: false,
  rejection: { code: 'PayloadTooLarge', details: { part: 'input', bytes, limit } },
});

const readReply = <X extends Operation>(operation: X, bytes: Uint8Array): Outcome<X> => {
  // The other end is our own server: its envelope is trusted, what is inside it is checked.
  const reply = decodeJson(bytes) as WireReply;
  if ('fault' in reply) throw errorOf(reply.fault);
  // A refusal that the contract does not know is stopped by the server.
  if (!reply.accepted) return { accepted: false, rejection: reply.rejection as Rejection<RefusalOf<X> | BusRefusal, Details> };
  return { accepted: true, value: readOutput(operation, reply.value) };
};

export const readOutput = <X extends Operation>(operation: X, value: unknown): OutputOf<X> => {
  const output = z.safeParse(operation.output, value);
  // `safeParse` of a schema gives its output; the generic parameter only hides which.
  if (output.success) return output.data as OutputOf<X>;
  throw new ContractBroken(`the answer to ${operation.subject} does not fit its contract: ${z.prettifyError(output.error)}`);
};
