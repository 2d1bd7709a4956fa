import { comparePlaces, type Place } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import type { JetStreamManager, StoredMsg } from 'nats';
import type { EventStore } from './event-store.ts';
import { eventIdOf, logHeaders } from './headers.ts';
import { isInLog, placeAt } from './log-place.ts';
import { placeOf } from './place.ts';
import { commonStreams, ensureStreams, logStream, type StreamLimits, streamErrorOf, streamErrors } from './streams.ts';
import { logStreamOf } from './subjects.ts';

/** Where a relay stands: the next event to publish comes after `place`, and must become the stream's `sequence + 1`. */
export interface Footing {
  readonly place: Place;
  readonly sequence: number;
}

/** Replays of dead letters may lie on top of the last event that was published in its turn. */
const mostRepeats = 256;

/** The last message that tells how far the log had been published in order, and how far that is. */
const tailOf = async (
  jsm: JetStreamManager,
  stream: string,
  { first, last }: { first: number; last: number },
): Promise<{ readonly id: string; readonly place: Place } | undefined> => {
  const oldest = Math.max(first, last - mostRepeats);
  for (let seq = last; seq >= oldest && seq > 0; seq -= 1) {
    const message = await messageAt(jsm, stream, seq);
    if (!message) continue;
    const { header } = message;
    const place = header.has(logHeaders.repeat) ? header.get(logHeaders.repeat) : header.get(logHeaders.place);
    if (place) return { id: eventIdOf(header.get(logHeaders.messageId)), place: placeOf(place) };
  }
  return undefined;
};

const messageAt = async (jsm: JetStreamManager, stream: string, seq: number): Promise<StoredMsg | undefined> => {
  try {
    return await jsm.streams.getMessage(stream, { seq });
  } catch (error) {
    if (streamErrorOf(error) === streamErrors.noMessageFound) return undefined;
    throw error;
  }
};

export interface FootingOptions {
  readonly store: Pick<EventStore, 'service' | 'pool' | 'clock'>;
  readonly jsm: JetStreamManager;
  readonly limits: StreamLimits & { readonly maxAgeMs: number };
  readonly log: Log;
}

/** Every relay mends the streams that belong to nobody, so that they are there again as soon as any relay is. */
const ensureCommon = async (jsm: JetStreamManager, limits: StreamLimits, log: Log): Promise<void> => {
  try {
    await ensureStreams(jsm, commonStreams(limits));
  } catch (err) {
    log.warn({ err }, 'the common streams could not be made');
  }
};

/**
 * Compares the end of the stream with the checkpoint. Since every message is accepted only behind its predecessor, the end
 * of the stream tells how far the log has been published, better than the checkpoint does: where the stream ends earlier,
 * JetStream has lost what followed; where it ends later, we stopped between publishing and noting it.
 */
export const findFooting = async (checkpoint: Place, { store, jsm, limits, log }: FootingOptions): Promise<Footing> => {
  await ensureStreams(jsm, [logStream(store.service, limits)]);
  await ensureCommon(jsm, limits, log);
  const stream = logStreamOf(store.service);
  const { state } = await jsm.streams.info(stream);
  const sequence = state.last_seq;
  const tail = await tailOf(jsm, stream, { first: state.first_seq, last: state.last_seq });
  if (!tail) {
    if (state.messages > 0) return { place: checkpoint, sequence };
    // Empty: new, lost, or everything has aged out. What the stream would hold by its age decides.
    const window = await placeAt(store.pool, new Date(store.clock.now() - limits.maxAgeMs));
    if (comparePlaces(checkpoint, window) <= 0) return { place: checkpoint, sequence };
    log.warn({ stream }, 'the stream is empty where the log is not: publishing its window again');
    return { place: window, sequence };
  }
  if (!(await isInLog(store.pool, tail.id))) {
    log.error({ stream, eventId: tail.id }, 'the stream ends with an event that the log does not hold: was the database restored?');
    return { place: checkpoint, sequence };
  }
  if (comparePlaces(tail.place, checkpoint) < 0) log.warn({ stream, sequence }, 'the stream has lost its end: publishing it again');
  return { place: tail.place, sequence };
};
