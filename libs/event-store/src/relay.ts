import { pause, pauseOf, persist } from '@orrery/kernel';
import { type Log, logOf } from '@orrery/telemetry';
import type { NatsConnection } from 'nats';
import type { EventStore } from './event-store.ts';
import { openLocks } from './locks.ts';
import { linkOf } from './nats-link.ts';
import { relayLock } from './refill.ts';
import { Term, type TermOptions } from './relay-term.ts';
import { defaultMaxAgeMs, type StreamLimits } from './streams.ts';

export interface RelayOptions {
  readonly store: EventStore;
  readonly nats: NatsConnection;
  readonly log?: Log;
  readonly limits?: StreamLimits;
  readonly batch?: number;
  readonly pollMs?: number;
  readonly auditEveryMs?: number;
}

/** Publishes the log to JetStream. Any number may run; one is active, the others wait to take over. */
export interface Relay {
  readonly isActive: () => boolean;
  /** Stops publishing, notes how far it came, and frees the lock. */
  readonly stop: () => Promise<void>;
}

/** Publishing holds the process for some ten milliseconds; more would be felt by its neighbours. */
const defaultBatch = 500;
const backOff = { firstMs: 100, longestMs: 2_000 };
/** How soon a waiting relay notices that the active one is gone. */
const askForLock = { firstMs: 400, longestMs: 400 };

const settingsOf = (options: RelayOptions): TermOptions => ({
  store: options.store,
  nats: options.nats,
  log: options.log ?? logOf(options.store.service),
  limits: { maxAgeMs: defaultMaxAgeMs, ...options.limits },
  batch: options.batch ?? defaultBatch,
  pollMs: options.pollMs ?? 500,
  auditEveryMs: options.auditEveryMs ?? 60_000,
});

export const startRelay = (options: RelayOptions): Relay => {
  const settings = settingsOf(options);
  const { store, log, nats } = settings;
  // Watching from now on: a connection that fell unseen looks like one that stands.
  linkOf(nats);
  const stopped = new AbortController();
  let active = false;

  const serve = async (): Promise<void> => {
    const locks = await openLocks(store.pool, `${store.service}-relay`);
    const signal = AbortSignal.any([stopped.signal, locks.lost]);
    try {
      while (!signal.aborted && !(await locks.take(relayLock))) await pause(pauseOf(1, askForLock), signal);
      if (signal.aborted) return;
      active = true;
      await new Term(settings, locks, signal).run();
    } finally {
      active = false;
      await locks.close();
    }
    if (!stopped.signal.aborted) throw new Error('the relay lost its lock', { cause: locks.lost.reason });
  };

  const failed = (err: unknown, pauseMs: number): void => log.warn({ err, pauseMs: Math.round(pauseMs) }, 'the relay has no database');
  const running = persist(serve, { signal: stopped.signal, backOff, failed });
  return {
    isActive: () => active,
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
};
