import { comparePlaces, logStart, type Place, pause } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import type { NatsConnection } from 'nats';
import { relayCheckpoint } from './audit.ts';
import { checkpointOf, dropCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { EventStore } from './event-store.ts';
import { type Locks, openLocks } from './locks.ts';
import { countBetween, placeAt } from './log-place.ts';
import { LogPublisher } from './log-publisher.ts';
import { linkOf } from './nats-link.ts';
import { ensureStreams, logStream, type StreamLimits } from './streams.ts';
import { logStreamOf } from './subjects.ts';

/** The one lock of a log: whoever holds it may publish. */
export const relayLock = 'relay';
/** Exists while a refill is wanted or under way; its place says how far it has come. */
export const refillCheckpoint = 'relay-refill';

type RefilledStore = Pick<EventStore, 'service' | 'registry' | 'pool' | 'readLog'>;

export interface Repeating {
  readonly store: RefilledStore;
  readonly nats: NatsConnection;
  readonly publisher: LogPublisher;
  readonly batch: number;
}

/** Publishes the next batch of a refill again; gives how far it came, or nothing when all up to `through` is published. */
export const repeatBatch = async (
  { store, nats, publisher, batch }: Repeating,
  { after, through }: { readonly after: Place; readonly through: Place },
  signal: AbortSignal,
): Promise<Place | undefined> => {
  const events = (await store.readLog(after, batch)).filter(({ place }) => comparePlaces(place, through) <= 0);
  if (events.length === 0) return undefined;
  const jsm = await nats.jetstreamManager();
  const { state } = await jsm.streams.info(logStreamOf(store.service));
  const { count, failure } = await publisher.again(events, { tail: through, firstSequence: state.first_seq }, signal);
  if (failure) throw failure;
  return events[count - 1]?.place;
};

export interface RefillOptions {
  readonly store: RefilledStore;
  readonly nats: NatsConnection;
  readonly log: Log;
  /** A place, an instant, or the whole log. */
  readonly from: Place | Date | 'start';
  readonly limits?: StreamLimits;
  readonly signal?: AbortSignal;
}

export interface Refilled {
  /** Events of the log that were published again. */
  readonly events: number;
  /** Who did it: the relay, if one was at work, so that there is one publisher at any time. */
  readonly by: 'relay' | 'us';
}

const batch = 1_000;
const askEveryMs = 100;
const countLimit = 100_000_000;

const refillOurselves = async ({ store, nats, log, limits }: RefillOptions, locks: Locks, signal: AbortSignal): Promise<void> => {
  await linkOf(nats).connected(signal);
  await ensureStreams(await nats.jetstreamManager(), [logStream(store.service, limits)]);
  const publisher = new LogPublisher({ store, nats, log });
  try {
    const through = await checkpointOf(locks, relayCheckpoint);
    let after = await readCheckpoint(locks, refillCheckpoint);
    while (after && !signal.aborted) {
      await writeCheckpoint(locks, refillCheckpoint, after);
      after = await repeatBatch({ store, nats, publisher, batch }, { after, through }, signal);
    }
    if (!after) await dropCheckpoint(locks, refillCheckpoint);
  } finally {
    publisher.close();
  }
};

const waitForRelay = async (locks: Locks, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted && (await readCheckpoint(locks, refillCheckpoint))) await pause(askEveryMs, signal);
};

/**
 * Publishes what the relay had published from a place on again, into a stream that lost it: consumers' inboxes absorb what they
 * had handled. Goes on where it stopped when the process dies. What was not yet published is left to the relay.
 */
export const refill = async (options: RefillOptions): Promise<Refilled> => {
  const { store, from } = options;
  const locks = await openLocks(store.pool, `${store.service}-refill`);
  const signal = options.signal ? AbortSignal.any([options.signal, locks.lost]) : locks.lost;
  try {
    const after = from === 'start' ? logStart : from instanceof Date ? await placeAt(store.pool, from) : from;
    const through = await checkpointOf(locks, relayCheckpoint);
    await writeCheckpoint(locks, refillCheckpoint, after);
    const ours = await locks.take(relayLock);
    if (ours) await refillOurselves(options, locks, signal);
    else await waitForRelay(locks, signal);
    signal.throwIfAborted();
    return { events: await countBetween(store.pool, { after, through }, countLimit), by: ours ? 'us' : 'relay' };
  } finally {
    await locks.close();
  }
};
