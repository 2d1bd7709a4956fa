import type { Place, Recorded } from '@orrery/kernel';
import { inject, type Span, SpanKind, startSpan } from '@orrery/telemetry';
import { cloudEventOf, cloudTypeOf, MalformedEvent } from './cloud-event.ts';
import { type DeadLetter, errorOf } from './dead-letters.ts';
import type { EventStore } from './event-store.ts';
import { logHeaders } from './headers.ts';
import { sequenceOf } from './place.ts';
import type { Outgoing } from './relay-publish.ts';
import { logSubjectOf } from './subjects.ts';

/** An event made ready for its stream; `span` tells the trace how long it took, and ends with the acknowledgement. */
export interface Prepared {
  readonly recorded: Recorded;
  readonly message: Outgoing;
  readonly span: Span | undefined;
}

/** The consumer's name in dead letters of the relay itself. */
const relayName = 'relay';

/** For headers, which count as payload. */
const headroomBytes = 4_096;

export interface Preparation {
  readonly store: Pick<EventStore, 'service' | 'registry'>;
  /** The server's limit. */
  readonly maxPayload: number;
  /** Appended to message ids where JetStream holds the plain one for a duplicate of a message that it has lost. */
  readonly suffix?: string;
  /** For an event that is not published in its turn: how far the log is published. */
  readonly repeat?: Place;
}

/** Throws MalformedEvent where the event cannot be published, now or ever. */
export const prepare = (recorded: Recorded, { store, maxPayload, suffix = '', repeat }: Preparation): Prepared => {
  const { type } = recorded.event;
  const cloudEvent = cloudEventOf(recorded, store.registry.contractOf(type));
  const payload = Buffer.from(JSON.stringify(cloudEvent));
  if (payload.length + headroomBytes > maxPayload) {
    throw new MalformedEvent(`${payload.length} bytes are more than the bus carries`);
  }
  const { orgId, traceparent } = recorded.metadata;
  const headers: Record<string, string> = { [logHeaders.place]: sequenceOf(recorded.place) };
  if (repeat) headers[logHeaders.repeat] = sequenceOf(repeat);
  let span: Span | undefined;
  if (traceparent !== undefined) {
    const started = startSpan(`relay ${type}`, { kind: SpanKind.PRODUCER, parent: traceparent, orgId });
    inject(headers, started.context);
    span = started.span;
  }
  const subject = logSubjectOf({ service: store.service, type, orgId, stream: recorded.stream });
  return { recorded, message: { subject, messageId: `${recorded.id}${suffix}`, payload, headers }, span };
};

/** What becomes of an event that cannot be published: a letter without its data. It stays in the log. */
export const unpublishable = (recorded: Recorded, error: unknown, { store }: Preparation): DeadLetter => {
  const { type } = recorded.event;
  const { orgId, traceparent } = recorded.metadata;
  return {
    service: store.service,
    consumer: relayName,
    reason: 'the event cannot be published',
    error: errorOf(error),
    deliveries: 1,
    failedAt: new Date().toISOString(),
    subject: logSubjectOf({ service: store.service, type, orgId, stream: recorded.stream }),
    sequence: 0,
    eventId: recorded.id,
    type: cloudTypeOf(store.registry.contractOf(type)),
    ...(traceparent === undefined ? {} : { traceparent }),
  };
};
