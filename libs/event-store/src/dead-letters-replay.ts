import { headers, type JetStreamManager, type JsMsg, type NatsConnection } from 'nats';
import { z } from 'zod';
import type { DeadLetter } from './dead-letters.ts';
import { eventIdOf, logHeaders } from './headers.ts';
import { scan } from './scan.ts';
import { deadStream, streamErrorOf, streamErrors } from './streams.ts';
import { logStreamOf, tokenOf } from './subjects.ts';

/** Which letters. Absent fields: all. */
export interface DeadFilter {
  /** The consuming service. */
  readonly service?: string | undefined;
  readonly consumer?: string | undefined;
  /** The type of the event, without its version. */
  readonly type?: string | undefined;
  readonly eventId?: string | undefined;
  /** Set aside at this instant or later. */
  readonly since?: Date | undefined;
}

const Letter: z.ZodType<DeadLetter> = z.object({
  service: z.string(),
  consumer: z.string(),
  reason: z.string(),
  error: z.object({ name: z.string(), message: z.string() }),
  deliveries: z.number(),
  failedAt: z.string(),
  subject: z.string(),
  sequence: z.number(),
  eventId: z.string(),
  type: z.string(),
  traceparent: z.string().optional(),
  body: z.string().optional(),
});

/** A letter and its place in the dead-letter stream. */
export interface Found {
  readonly sequence: number;
  readonly letter: DeadLetter;
}

const defaultLimit = 10_000;

const letterIn = (message: JsMsg): DeadLetter | undefined => {
  const parsed = Letter.safeParse(message.json());
  return parsed.success ? parsed.data : undefined;
};

/** The letters that an operator may look at, oldest first. */
export const deadLetters = async (nats: NatsConnection, filter: DeadFilter = {}, limit = defaultLimit): Promise<readonly Found[]> => {
  const { service, consumer, type, eventId, since } = filter;
  const found: Found[] = [];
  const what = {
    stream: deadStream,
    filter: `dead.${service === undefined ? '*' : tokenOf(service)}.${consumer === undefined ? '*' : tokenOf(consumer)}`,
    ...(since === undefined ? {} : { from: since }),
  };
  await scan(nats, what, (message) => {
    const letter = letterIn(message);
    const matches = letter && (type === undefined || letter.type === type) && (eventId === undefined || letter.eventId === eventId);
    if (matches) found.push({ sequence: message.seq, letter });
    return found.length < limit;
  });
  return found;
};

export interface Replayed {
  readonly replayed: number;
  /** Letters of events whose data neither the letter nor the stream has: only the log. Mend what is wrong and refill. */
  readonly withoutBody: number;
}

/** What a letter was too small for. */
const bodyInStream = async (jsm: JetStreamManager, { subject, sequence, eventId }: DeadLetter): Promise<Uint8Array | undefined> => {
  const source = subject.split('.')[1];
  if (sequence === 0 || source === undefined) return undefined;
  try {
    const { header, data } = await jsm.streams.getMessage(logStreamOf(source), { seq: sequence });
    return eventIdOf(header.get(logHeaders.messageId)) === eventId ? data : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

const isMissing = (error: unknown): boolean => {
  const code = streamErrorOf(error);
  return code === streamErrors.noMessageFound || code === streamErrors.notFound;
};

/**
 * Gives events that were set aside to their consumer again, and to no other, and removes their letters. An event that fails
 * again gets a new letter. Killed half-way, it may give an event twice: the inbox notices.
 */
export const replayDead = async (nats: NatsConnection, filter: DeadFilter = {}): Promise<Replayed> => {
  const jsm = await nats.jetstreamManager();
  const js = nats.jetstream();
  let replayed = 0;
  let withoutBody = 0;
  for (const { sequence, letter } of await deadLetters(nats, filter)) {
    const body = letter.body ?? (await bodyInStream(jsm, letter));
    if (body === undefined) {
      withoutBody += 1;
      continue;
    }
    const all = headers();
    all.set(logHeaders.only, `${letter.service}.${letter.consumer}`);
    // Empty: it tells nothing of how far the log is published.
    all.set(logHeaders.repeat, '');
    if (letter.traceparent !== undefined) all.set(logHeaders.traceparent, letter.traceparent);
    await js.publish(letter.subject, body, { msgID: `${letter.eventId}:dead-${sequence}`, headers: all, timeout: 5_000 });
    await jsm.streams.deleteMessage(deadStream, sequence, false);
    replayed += 1;
  }
  return { replayed, withoutBody };
};
