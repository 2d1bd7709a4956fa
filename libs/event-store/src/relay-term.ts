import { Bell, comparePlaces, logStart, type Place, pause, persist } from '@orrery/kernel';
import { type Log, metrics } from '@orrery/telemetry';
import type { NatsConnection } from 'nats';
import { relayCheckpoint } from './audit.ts';
import { checkpointOf, dropCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { EventStore } from './event-store.ts';
import type { Locks } from './locks.ts';
import { countBetween } from './log-place.ts';
import { LogPublisher } from './log-publisher.ts';
import { linkOf } from './nats-link.ts';
import { notifyChannel } from './notifier.ts';
import { refillCheckpoint, repeatBatch } from './refill.ts';
import { findFooting } from './relay-footing.ts';
import { RelayWatch } from './relay-watch.ts';
import type { StreamLimits } from './streams.ts';

export interface TermOptions {
  readonly store: Pick<EventStore, 'service' | 'registry' | 'pool' | 'clock' | 'readLog'>;
  readonly nats: NatsConnection;
  readonly log: Log;
  readonly limits: StreamLimits & { readonly maxAgeMs: number };
  /** Events read and published at a time. */
  readonly batch: number;
  /** How long to rest at most without a notice. */
  readonly pollMs: number;
  readonly auditEveryMs: number;
}

const backOff = { firstMs: 20, longestMs: 5_000 };
/** After a notice the event may hide behind an unfinished transaction that ends without one: look again soon, then ever later. */
const firstQuietMs = 2;
/** Between small batches: at a thousand events a second, a few together cost a fraction of each alone. */
const breathMs = 3;
const noteEveryMs = 100;
const heartbeatMs = 1_000;
const measureEveryMs = 5_000;
const lagCountLimit = 100_000;

/** One relay's time as the active one: from taking the lock to losing or freeing it. */
export class Term {
  private readonly options: TermOptions;
  private readonly locks: Locks;
  private readonly signal: AbortSignal;
  private readonly bell = new Bell();
  private readonly publisher: LogPublisher;
  private readonly watch: RelayWatch;
  private place: Place = logStart;
  private noted: Place = logStart;
  private notedAt = Number.NEGATIVE_INFINITY;
  private heartbeatAt = Number.NEGATIVE_INFINITY;
  private quietMs = firstQuietMs;
  private owed: Place | undefined;

  constructor(options: TermOptions, locks: Locks, signal: AbortSignal) {
    this.options = options;
    this.locks = locks;
    this.signal = signal;
    this.publisher = new LogPublisher(options);
    this.watch = new RelayWatch({ ...options, locks, signal });
  }

  /** Until the signal. Whatever fails is tried again from firm ground. */
  async run(): Promise<void> {
    const { log } = this.options;
    // A database that is away fails louder elsewhere.
    const measuring = setInterval(() => void this.measure().catch(() => {}), measureEveryMs);
    try {
      await this.locks.listen(notifyChannel, () => this.bell.ring());
      this.place = await checkpointOf(this.locks, relayCheckpoint);
      this.noted = this.place;
      const failed = (err: unknown, pauseMs: number): void => log.warn({ err, pauseMs: Math.round(pauseMs) }, 'the relay stumbled');
      await persist(() => this.follow(), { signal: this.signal, backOff, failed });
      await this.watch.settled();
      if (!this.locks.lost.aborted) await this.note();
    } finally {
      clearInterval(measuring);
      this.publisher.close();
    }
  }

  private async follow(): Promise<void> {
    const { store, nats, log, limits, batch } = this.options;
    const link = linkOf(nats);
    await link.connected(this.signal);
    if (this.signal.aborted) return;
    const signal = AbortSignal.any([this.signal, link.cut()]);
    const footing = await link.whole(async () => findFooting(this.place, { store, jsm: await nats.jetstreamManager(), limits, log }));
    // What an audit saw of the stream as it was is no longer true.
    if (comparePlaces(footing.place, this.place) < 0) this.watch.forget();
    this.place = footing.place;
    this.publisher.sequence = footing.sequence;
    await this.note();
    while (!signal.aborted) {
      const moved = await this.forward(signal);
      await this.heartbeat();
      if (await this.repay(signal)) continue;
      if (moved === 0) await this.rest(signal);
      else if (moved < batch) await pause(breathMs, signal);
    }
  }

  /** Publishes the next batch of the log; gives how many events it was. */
  private async forward(signal: AbortSignal): Promise<number> {
    const { store, batch } = this.options;
    const events = await store.readLog(this.place, batch);
    if (events.length > 0) {
      const { count, failure } = await this.publisher.inTurn(events, signal);
      this.place = events[count - 1]?.place ?? this.place;
      if (failure) throw await this.watch.explain(failure);
      this.quietMs = firstQuietMs;
    }
    if (performance.now() - this.notedAt > noteEveryMs) await this.note();
    return events.length;
  }

  /** On a clock of its own: when publishing is stuck, this is what tells. */
  private async measure(): Promise<void> {
    const { store } = this.options;
    const { service } = store;
    const [oldest] = await store.readLog(this.place, 1);
    metrics.relayLag.record(oldest ? (store.clock.now() - oldest.recordedAt.getTime()) / 1_000 : 0, { service });
    metrics.relayLagEvents.record(oldest ? await countBetween(store.pool, { after: this.place }, lagCountLimit) : 0, { service });
  }

  private async note(): Promise<void> {
    this.notedAt = performance.now();
    const { place } = this;
    if (comparePlaces(place, this.noted) === 0) return;
    await writeCheckpoint(this.locks, relayCheckpoint, place);
    this.noted = place;
  }

  private async rest(signal: AbortSignal): Promise<void> {
    await this.note();
    const rang = await this.bell.wait(this.quietMs, signal);
    this.quietMs = rang ? firstQuietMs : Math.min(this.options.pollMs, this.quietMs * 2);
  }

  /** Looks for a wanted refill, and lets the audit run beside us. */
  private async heartbeat(): Promise<void> {
    if (performance.now() - this.heartbeatAt < heartbeatMs) return;
    this.heartbeatAt = performance.now();
    this.owed = await readCheckpoint(this.locks, refillCheckpoint);
    this.watch.tick();
  }

  /** Publishes again what was asked for or found missing, a batch at a time, so that new events need not wait. */
  private async repay(signal: AbortSignal): Promise<boolean> {
    if (await this.watch.heal(this.publisher, this.place, signal)) return true;
    if (!this.owed) return false;
    const { log } = this.options;
    const came = await repeatBatch({ ...this.options, publisher: this.publisher }, { after: this.owed, through: this.place }, signal);
    if (came) await writeCheckpoint(this.locks, refillCheckpoint, came);
    else {
      await dropCheckpoint(this.locks, refillCheckpoint);
      log.info('the refill is complete');
    }
    this.owed = came;
    return true;
  }
}
