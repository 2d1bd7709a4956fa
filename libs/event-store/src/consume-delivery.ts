import { actorOf, type EventContract, type Principal } from '@orrery/contracts';
import type { Recorded } from '@orrery/kernel';
import { traceparentNow } from '@orrery/telemetry';
import type { JsMsg } from 'nats';
import { parseCloudEvent, recordedOf } from './cloud-event.ts';
import type { Fate } from './consume-faults.ts';
import type { Reaction } from './consumer.ts';
import { type DeadLetter, errorOf } from './dead-letters.ts';
import { eventIdOf, logHeaders } from './headers.ts';
import type { Registry } from './registry.ts';

/** An event in our hands: not yet handled, or not yet known to be. */
export interface Delivery {
  readonly eventId: string;
  /** What must be handled one after the other. */
  readonly lane: string;
  /** The message, and copies of it that came while we had it: acknowledged together. */
  readonly messages: JsMsg[];
  readonly fate: Fate;
  /** How often it was delivered, over all processes that had it. */
  readonly deliveries: number;
  /** When JetStream last heard that we are at it, in this process's own time. */
  heardAt: number;
}

/** Tokens of `log.<service>.<EventType>.<org>.<stream>`. */
const subjectTokens = { type: 2, stream: 4 };

export const typeOf = (message: JsMsg): string => message.subject.split('.')[subjectTokens.type] ?? '';

/** `earlier`: how often it was delivered before by what our durable replaced. */
export const deliveryOf = (message: JsMsg, order: 'stream' | 'none', earlier: number): Delivery => {
  // A message that is not of a relay has no id; its sequence identifies it well enough to bury it.
  const eventId = eventIdOf(message.headers?.get(logHeaders.messageId) ?? '') || `sequence-${message.seq}`;
  const stream = message.subject.split('.')[subjectTokens.stream] ?? '';
  return {
    eventId,
    lane: order === 'stream' ? stream : eventId,
    messages: [message],
    fate: { failures: 0, absences: 0, awaySince: 0 },
    deliveries: message.info.deliveryCount + earlier,
    heardAt: performance.now(),
  };
};

/** The message that came first; the others are copies. */
const originalOf = ({ messages }: Delivery): JsMsg => {
  const [original] = messages;
  if (!original) throw new TypeError('a delivery has a message');
  return original;
};

/** The event, in today's shape. Throws MalformedEvent for what no try will make readable. */
export const eventOf = (delivery: Delivery, registry: Registry): Recorded =>
  recordedOf(parseCloudEvent(originalOf(delivery).string()), registry);

/** The span that published it, else the one that appended it. */
export const traceparentOf = (delivery: Delivery, event: Recorded): string | undefined =>
  originalOf(delivery).headers?.get(logHeaders.traceparent) || event.metadata.traceparent;

export const defaultDeadlineMs = 30_000;

export interface Reactor {
  readonly service: string;
  readonly name: string;
  readonly signal: AbortSignal;
  /** How long the handler may take, and what it asks of others. */
  readonly deadlineMs: number;
}

/** Called within the span of the handling. */
export const reactionTo = (event: Recorded, { fate }: Delivery, { service, name, signal, deadlineMs }: Reactor): Reaction => {
  const principal: Principal = { kind: 'service', name: service };
  const traceparent = traceparentNow();
  const { correlationId, orgId } = event.metadata;
  const origin = {
    correlationId,
    causationId: event.id,
    ...(orgId === undefined ? {} : { orgId }),
    ...(traceparent ? { traceparent } : {}),
  };
  return {
    metadata: { ...origin, actor: actorOf(principal) },
    context: {
      ...origin,
      principal,
      commandId: `${service}.${name}:${event.id}`,
      idempotent: false,
      deadlineAt: Date.now() + deadlineMs,
    },
    inbox: { consumer: name, eventId: event.id },
    attempt: fate.failures + 1,
    signal,
  };
};

/** What an operator is told of an event that is given up. */
export const letterOf = (
  delivery: Delivery,
  { service, name }: Pick<Reactor, 'service' | 'name'>,
  { error, reason }: { readonly error: unknown; readonly reason: string },
): DeadLetter => {
  const message = originalOf(delivery);
  const traceparent = message.headers?.get(logHeaders.traceparent);
  return {
    service,
    consumer: name,
    reason,
    error: errorOf(error),
    deliveries: Math.max(delivery.fate.failures, delivery.deliveries),
    failedAt: new Date().toISOString(),
    subject: message.subject,
    sequence: message.seq,
    eventId: delivery.eventId,
    type: typeOf(message),
    ...(traceparent ? { traceparent } : {}),
    body: message.string(),
  };
};

/** Where a consumer's events come from: its contracts, by the service that publishes them. */
export const sourcesOf = (events: readonly EventContract[]): ReadonlyMap<string, readonly EventContract[]> => {
  const sources = new Map<string, EventContract[]>();
  for (const contract of events) sources.set(contract.service, [...(sources.get(contract.service) ?? []), contract]);
  return sources;
};
