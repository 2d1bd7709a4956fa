import { createHash, randomUUID } from 'node:crypto';
import { actorOf, type Operation, type OutputOf, type RequestContext, type RequestOf } from '@orrery/contracts';
import { type Bus, denialOf, type ItemStream, type Outcome } from '@orrery/messaging';
import type { FastifyRequest } from 'fastify';
import { asking, type Caller } from '../access/caller.ts';
import { cookieIn } from '../access/session-cookie.ts';
import type { Call, Parts } from '../dialect.ts';
import { Failed, refusal } from '../failure.ts';
import { type Exchange, pathOf } from './exchange.ts';
import { idempotencyKeyIn } from './idempotency-key.ts';

const defaultDeadlineMs = 5_000;

/** The id of a command whose caller chose a key: the same key of another caller, or for another operation, is another command. */
const commandIdOf = (key: string, operation: Operation, { caller: { principal, orgId, spaceId } }: Exchange, ip: string): string => {
  const scope = principal.kind === 'nobody' ? `nobody:${ip}` : actorOf(principal);
  const text = [scope, orgId ?? '', spaceId ?? '', operation.subject, key].join('\n');
  return `key:${createHash('sha256').update(text).digest('base64url')}`;
};

export const partsOf = (request: FastifyRequest): Parts => ({
  // Fastify's types leave these open; the router and our own parser make them so.
  path: request.params as Parts['path'],
  query: request.query as Parts['query'],
  body: request.body,
});

/** One request on its way to the services. */
export class Asking implements Call {
  readonly parts: Parts;
  readonly signal: AbortSignal;
  readonly lastEventId: string | undefined;
  readonly #bus: Bus;
  readonly #request: FastifyRequest;
  readonly #exchange: Exchange;
  readonly #key: string | undefined;

  constructor(bus: Bus, request: FastifyRequest, exchange: Exchange, signal: AbortSignal) {
    const last = request.headers['last-event-id'];
    this.parts = partsOf(request);
    this.lastEventId = typeof last === 'string' && last !== '' ? last : undefined;
    this.#bus = bus;
    this.#request = request;
    this.#exchange = exchange;
    this.#key = idempotencyKeyIn(request.headers);
    this.signal = signal;
  }

  get caller(): Caller {
    return this.#exchange.caller;
  }

  get path(): string {
    return pathOf(this.#request.url);
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  cookie(name: string): string | undefined {
    const value = cookieIn(this.#request.headers.cookie, name);
    return typeof value === 'string' ? value : undefined;
  }

  async ask<X extends Operation>(operation: X, input: RequestOf<X>): Promise<OutputOf<X>> {
    const outcome = await this.outcome(operation, input);
    if (outcome.accepted) return outcome.value;
    throw new Failed(refusal(operation, outcome.rejection));
  }

  outcome<X extends Operation>(operation: X, input: RequestOf<X>): Promise<Outcome<X>> {
    this.#assertMay(operation, input);
    return this.#bus.ask(operation, input, this.#contextFor(operation));
  }

  stream<X extends Operation>(operation: X, input: RequestOf<X>): ItemStream<OutputOf<X>> {
    this.#assertMay(operation, input);
    return this.#bus.askStream(operation, input, this.#contextFor(operation), { signal: this.signal });
  }

  /** What can be judged only when it is known what the request is about. */
  #assertMay(operation: Operation, input: unknown): void {
    const denied = denialOf(operation, input, this.caller);
    if (denied) throw new Failed(refusal(operation, denied));
  }

  #contextFor(operation: Operation): RequestContext {
    const { traceparent } = this.#exchange;
    const caller = asking(this.caller, operation);
    const { id, ip, headers } = this.#request;
    const userAgent = headers['user-agent']?.slice(0, 200);
    const key = operation.kind === 'command' ? this.#key : undefined;
    return {
      principal: caller.principal,
      ...(caller.orgId === undefined ? {} : { orgId: caller.orgId }),
      ...(caller.spaceId === undefined ? {} : { spaceId: caller.spaceId }),
      commandId: key === undefined ? randomUUID() : commandIdOf(key, operation, this.#exchange, ip),
      idempotent: key !== undefined,
      correlationId: id,
      causationId: id,
      deadlineAt: Date.now() + (operation.deadlineMs ?? defaultDeadlineMs),
      ...(traceparent === undefined ? {} : { traceparent }),
      origin: { ip, ...(userAgent === undefined ? {} : { userAgent }) },
    };
  }
}
