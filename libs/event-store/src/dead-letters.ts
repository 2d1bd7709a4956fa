import { metrics } from '@orrery/telemetry';
import { headers, type NatsConnection } from 'nats';
import { logHeaders } from './headers.ts';
import { deadSubjectOf } from './subjects.ts';

/** An event that a consumer gave up, with what an operator needs to decide. No stack: the log has it, under the trace. */
export interface DeadLetter {
  /** The consuming service. */
  readonly service: string;
  readonly consumer: string;
  readonly reason: string;
  readonly error: { readonly name: string; readonly message: string };
  /** How often it was tried. */
  readonly deliveries: number;
  readonly failedAt: string;
  /** Where it was published, and where a replay goes. */
  readonly subject: string;
  /** Its sequence there; 0 where it could not be published at all. */
  readonly sequence: number;
  readonly eventId: string;
  readonly type: string;
  readonly traceparent?: string | undefined;
  /** The message as it came. Absent where it is too large. */
  readonly body?: string | undefined;
}

/** A message without its stack or its cause; faults of drivers may hold parameters elsewhere, never in these two. */
export const errorOf = (error: unknown): DeadLetter['error'] =>
  error instanceof Error ? { name: error.name, message: error.message.slice(0, 2_000) } : { name: 'Unknown', message: String(error) };

/** For headers. */
const headroomBytes = 4_096;

/** The letter as it is sent. Quoted, a body grows: where it does not fit any more, the stream of the source still has it. */
const envelopeOf = (letter: DeadLetter, maxPayload = Number.POSITIVE_INFINITY): Buffer => {
  const whole = Buffer.from(JSON.stringify(letter));
  return whole.length + headroomBytes <= maxPayload ? whole : Buffer.from(JSON.stringify({ ...letter, body: undefined }));
};

/** Puts a letter into the dead-letter stream and waits until JetStream has it: only then may the event be acknowledged. */
export const bury = async (nats: NatsConnection, letter: DeadLetter): Promise<void> => {
  const { service, consumer, eventId, sequence, traceparent } = letter;
  const all = headers();
  if (traceparent !== undefined) all.set(logHeaders.traceparent, traceparent);
  await nats.jetstream().publish(deadSubjectOf(service, consumer), envelopeOf(letter, nats.info?.max_payload), {
    // One letter for each message that was given up, however often we die between this line and the acknowledgement.
    msgID: `${service}.${consumer}:${sequence}:${eventId}`,
    headers: all,
    timeout: 5_000,
  });
  metrics.deadLetters.add(1, { service, consumer });
};
