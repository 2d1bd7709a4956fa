import type { EventStore } from '@orrery/event-store';
import { persist } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import { LogFollower } from './log-follower.ts';

const backOff = { firstMs: 200, longestMs: 5_000 };

/** Tells who waits for a run that something happened to it. Follows the log only while somebody waits. */
export class RunWatch {
  private readonly store: EventStore;
  private readonly databaseUrl: string;
  private readonly log: Log;
  private readonly watchers = new Map<string, Set<() => void>>();
  private following: AbortController | undefined;

  constructor(store: EventStore, databaseUrl: string, log: Log) {
    this.store = store;
    this.databaseUrl = databaseUrl;
    this.log = log;
  }

  /** Calls `happened` at each fact of the stream from about now on, and whenever facts may have been missed. Returns how to end that. */
  watch(stream: string, happened: () => void): () => void {
    const those = this.watchers.get(stream) ?? new Set();
    this.watchers.set(stream, those);
    those.add(happened);
    if (!this.following) this.begin();
    return () => {
      those.delete(happened);
      if (those.size === 0 && this.watchers.get(stream) === those) this.watchers.delete(stream);
      if (this.watchers.size === 0) this.stop();
    };
  }

  stop(): void {
    this.following?.abort();
    this.following = undefined;
  }

  private begin(): void {
    const following = new AbortController();
    this.following = following;
    void this.follow(following.signal);
  }

  /** The outermost loop of something that outlives its database: it logs and tries again. */
  private async follow(signal: AbortSignal): Promise<void> {
    const { store, databaseUrl, log } = this;
    const watch = async (): Promise<void> => {
      const from = await store.horizon();
      this.tellAll();
      await new LogFollower({ store, databaseUrl, log, signal }).follow(from, (facts) => {
        for (const { stream } of facts) for (const happened of this.watchers.get(stream) ?? []) happened();
      });
    };
    await persist(watch, { signal, backOff, failed: (err) => log.warn({ err }, 'cannot watch runs for those who follow them') });
  }

  private tellAll(): void {
    for (const those of this.watchers.values()) for (const happened of those) happened();
  }
}
