import { comparePlaces, type Place } from '@orrery/kernel';
import type { JsMsg, NatsConnection, StreamInfo } from 'nats';
import { checkpointOf } from './checkpoint.ts';
import type { EventStore } from './event-store.ts';
import { eventIdOf, logHeaders } from './headers.ts';
import { firstAfter, idsBetween, placeAt } from './log-place.ts';
import { placeOf } from './place.ts';
import { scan } from './scan.ts';
import { logStreamOf } from './subjects.ts';

/** The checkpoint up to which the relay has published the log. */
export const relayCheckpoint = 'relay';

export interface Missing {
  readonly id: string;
  readonly place: Place;
}

/** A sequence in one life of a stream. */
export interface Mark {
  readonly sequence: number;
  readonly created: string;
}

export interface AuditReport {
  /** Events of the log that were looked for. */
  readonly checked: number;
  /** Those that the stream does not hold although it should. */
  readonly missing: readonly Missing[];
  /** Up to where the log was compared. */
  readonly through: Place;
  /** Where in the stream the comparison came to: the next one may start there. */
  readonly mark: Mark;
  /** Messages that were deleted from the middle of the stream, ever. */
  readonly deleted: number;
}

export interface AuditOptions {
  readonly store: Pick<EventStore, 'service' | 'pool' | 'registry' | 'clock'>;
  readonly nats: NatsConnection;
  /** Compare what the log holds after this place; default: everything that the stream should hold by its age. */
  readonly from?: Place;
  /** Where in the stream the message after `from` is, or some message before it. Of no use once the stream was made anew. */
  readonly mark?: Mark | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Events compared at a time: what is held in memory. */
const windowSize = 50_000;
/** Clocks of writers and of the bus may differ by this. */
const skewMs = 60_000;
/** Of the stream's age: younger events are there unless they were lost, older ones may be leaving just now. */
const certain = 0.9;
const nanosPerMs = 1_000_000;

/** Before everything that the stream should hold: its age decides, not only our wish. */
const startOf = async ({ store, from }: AuditOptions, { config }: StreamInfo): Promise<Place> => {
  const age = (config.max_age / nanosPerMs) * certain;
  const byAge = await placeAt(store.pool, new Date(age === 0 ? 0 : store.clock.now() - age));
  return from && comparePlaces(from, byAge) > 0 ? from : byAge;
};

interface Stretch {
  readonly after: Place;
  readonly through: Place;
  /** Events of the log that were not yet seen in the stream. */
  readonly unseen: Map<string, Place>;
}

/** Looks at a message for a stretch of the log; true when only what was published again could still be of it. */
const strike = (message: JsMsg, { through, unseen }: Stretch): boolean => {
  const place = message.headers?.get(logHeaders.place);
  const inTurn = place !== undefined && place !== '' && message.headers?.has(logHeaders.repeat) !== true;
  if (inTurn && comparePlaces(placeOf(place), through) > 0) return true;
  unseen.delete(eventIdOf(message.headers?.get(logHeaders.messageId) ?? ''));
  return false;
};

/** Strikes out what the stream holds, from `from` up to the sequence `last`; gives where the stream passed the stretch. */
const compare = async (options: AuditOptions, stretch: Stretch, { from, last }: { from: number | Date; last: number }): Promise<number> => {
  let reached = 0;
  const { nats, store, signal } = options;
  await scan(nats, { stream: logStreamOf(store.service), from, headersOnly: true, signal }, (message) => {
    if (message.seq > last) return false;
    const beyond = strike(message, stretch);
    if (!beyond || reached === 0) reached = message.seq;
    return !(beyond && stretch.unseen.size === 0);
  });
  return reached;
};

/** Compares the log, as far as it is published, with the stream. Changes nothing. */
export const audit = async (options: AuditOptions): Promise<AuditReport> => {
  const { store, nats } = options;
  const isStopped = (): boolean => options.signal?.aborted === true;
  const jsm = await nats.jetstreamManager();
  const published = await checkpointOf(store.pool, relayCheckpoint);
  const info = await jsm.streams.info(logStreamOf(store.service));
  const { last_seq: last, messages, num_deleted: deleted = 0 } = info.state;
  let after = await startOf(options, info);
  const { created } = info;
  let sequence = options.mark?.created === created ? options.mark.sequence : undefined;
  let checked = 0;
  const missing: Missing[] = [];
  while (!isStopped()) {
    const ids = await idsBetween(store.pool, { after, through: published, privateTypes: store.registry.privateTypes() }, windowSize);
    const through = ids.at(-1)?.place;
    if (!through) break;
    const stretch: Stretch = { after, through, unseen: new Map(ids.map(({ id, place }) => [id, place])) };
    if (messages > 0) {
      const since = async () => new Date(((await firstAfter(store.pool, after))?.recorded_at.getTime() ?? store.clock.now()) - skewMs);
      sequence = Math.max(sequence ?? 0, await compare(options, stretch, { from: sequence ?? (await since()), last }));
    }
    // Stopped half-way, what we did not see proves nothing.
    if (isStopped()) break;
    for (const [id, place] of stretch.unseen) missing.push({ id, place });
    checked += ids.length;
    after = through;
  }
  return { checked, missing, through: after, mark: { sequence: sequence ?? last, created }, deleted };
};
