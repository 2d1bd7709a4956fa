import { type EventStore, notifyChannel } from '@orrery/event-store';
import { Bell, type Place, type Recorded } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import pg from 'pg';

export interface FollowerOptions {
  readonly store: Pick<EventStore, 'readLog'>;
  readonly databaseUrl: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

const batch = 500;
/** After a notice the event may hide behind a transaction that is still open: look again soon, then ever later. */
const firstQuietMs = 2;
const longestQuietMs = 1_000;

/** Reads our own log as it grows, woken by notices; nothing is skipped and nothing comes twice. */
export class LogFollower {
  private readonly options: FollowerOptions;
  private readonly bell = new Bell();
  private quietMs = firstQuietMs;

  constructor(options: FollowerOptions) {
    this.options = options;
  }

  /** Tells of facts after a place, in order, until the signal; throws when the database is lost. */
  async follow(after: Place, tell: (facts: readonly Recorded[]) => void): Promise<void> {
    const { store, signal } = this.options;
    const listener = await this.listen();
    const { lost } = listener;
    const either = AbortSignal.any([signal, lost]);
    let place = after;
    try {
      while (!signal.aborted) {
        if (lost.aborted) throw new Error('the connection that hears of new events is lost', { cause: lost.reason });
        const facts = await store.readLog(place, batch);
        const last = facts.at(-1);
        if (last) {
          place = last.place;
          this.quietMs = firstQuietMs;
          tell(facts);
        }
        if (facts.length < batch) await this.rest(either);
      }
    } finally {
      await listener.close();
    }
  }

  private async rest(signal: AbortSignal): Promise<void> {
    const rang = await this.bell.wait(this.quietMs, signal);
    this.quietMs = rang ? firstQuietMs : Math.min(longestQuietMs, this.quietMs * 2);
  }

  private async listen(): Promise<{ readonly lost: AbortSignal; readonly close: () => Promise<void> }> {
    const client = new pg.Client({
      connectionString: this.options.databaseUrl,
      application_name: 'orrery execution follower',
      connectionTimeoutMillis: 5_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    const lost = new AbortController();
    client.on('error', (error) => lost.abort(error)).on('end', () => lost.abort());
    client.on('notification', () => this.bell.ring());
    await client.connect();
    await client.query(`LISTEN ${notifyChannel}`);
    return {
      lost: lost.signal,
      close: async () => {
        // A connection that is lost already has nothing left to end.
        await client.end().catch(() => undefined);
      },
    };
  }
}
