import { Bell, type Place, pause, pauseOf, persist, type Recorded } from '@orrery/kernel';
import { type Log, logOf, metrics } from '@orrery/telemetry';
import { checkpointOf } from './checkpoint.ts';
import { commitPool } from './database.ts';
import { Effects } from './effect.ts';
import type { EventStore } from './event-store.ts';
import { type Locks, openLocks } from './locks.ts';
import { notifyChannel } from './notifier.ts';
import { runPipeline, type Step, statementOf } from './pipeline.ts';
import { TableWriter } from './table-sql.ts';
import type { View } from './view.ts';
import { viewCheckpoint } from './view-build.ts';

export interface FollowOptions {
  readonly log?: Log;
  readonly batch?: number;
  readonly pollMs?: number;
}

/** Keeps the views that follow the log. Any number may run; one is active, the others wait to take over. */
export interface Following {
  readonly isActive: () => boolean;
  readonly stop: () => Promise<void>;
}

const lockName = 'follow views';
const askForLockMs = 400;
const backOff = { firstMs: 50, longestMs: 5_000 };
const batchTimeoutMs = 60_000;
const firstQuietMs = 2;

/** Moves the checkpoint only from where we left it: whoever was overtaken gets NULL into a column that refuses it. */
const moveCheckpoint = statementOf(`
  INSERT INTO checkpoints AS c (name, transaction, position)
  SELECT r.name, r.tx::xid8, r.pos FROM json_to_recordset($1::json) AS r(name text, "fromTx" text, "fromPos" bigint, tx text, pos bigint)
  ON CONFLICT (name) DO UPDATE SET moved_at = now(), position = excluded.position, transaction = (
    SELECT r.tx::xid8 FROM json_to_recordset($1::json) AS r("fromTx" text, "fromPos" bigint, tx text)
    WHERE c.transaction = r."fromTx"::xid8 AND c.position = r."fromPos")`);

const checkpointStep = (name: string, from: Place, to: Place): Step => ({
  statement: moveCheckpoint,
  values: [
    JSON.stringify([
      {
        name,
        fromTx: from.transaction.toString(),
        fromPos: from.position.toString(),
        tx: to.transaction.toString(),
        pos: to.position.toString(),
      },
    ]),
  ],
});

class Follower {
  readonly bell = new Bell();
  private readonly view: View;
  private readonly writer: TableWriter;
  private readonly store: EventStore;
  private readonly pool: ReturnType<typeof commitPool>;
  private readonly options: Required<Pick<FollowOptions, 'batch' | 'pollMs'>>;

  constructor(view: View, store: EventStore, pool: ReturnType<typeof commitPool>, options: Follower['options']) {
    this.view = view;
    this.writer = new TableWriter(view);
    this.store = store;
    this.pool = pool;
    this.options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { batch, pollMs } = this.options;
    const name = viewCheckpoint(this.view);
    const labels = { service: this.store.service, view: this.view.name };
    let quietMs = firstQuietMs;
    while (!signal.aborted) {
      // Read anew each time: a rebuild may have moved it.
      const place = await checkpointOf(this.pool, name);
      const events = await this.store.readLog(place, batch);
      const last = events.at(-1);
      metrics.projectionLag.record(events.length, labels);
      if (last) {
        await this.write(events, checkpointStep(name, place, last.place));
        metrics.projected.add(events.length, labels);
        quietMs = firstQuietMs;
      } else {
        quietMs = (await this.bell.wait(quietMs, signal)) ? firstQuietMs : Math.min(pollMs, quietMs * 2);
      }
    }
  }

  /** Rows and checkpoint in one transaction: a batch is folded once, whatever dies. */
  private async write(events: readonly Recorded[], checkpoint: Step): Promise<void> {
    const effects = new Effects(this.view);
    for (const recorded of events) for (const change of this.view.fold(recorded)) effects.add(change);
    const client = await this.pool.connect();
    try {
      await runPipeline(client, [checkpoint, ...this.writer.steps(effects)], batchTimeoutMs);
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

export const followViews = (store: EventStore, options: FollowOptions = {}): Following => {
  const log = options.log ?? logOf(store.service);
  const settings = { batch: options.batch ?? 1_000, pollMs: options.pollMs ?? 500 };
  const pool = commitPool(store.dataSource, 2);
  const followers = store.views.filter(({ follows }) => follows === 'log').map((view) => new Follower(view, store, pool, settings));
  const stopped = new AbortController();
  let active = false;
  let ended: Promise<void> | undefined;

  const follow = async (locks: Locks): Promise<void> => {
    const signal = AbortSignal.any([stopped.signal, locks.lost]);
    while (!signal.aborted && !(await locks.take(lockName)))
      await pause(pauseOf(1, { firstMs: askForLockMs, longestMs: askForLockMs }), signal);
    if (signal.aborted) return;
    active = true;
    await locks.listen(notifyChannel, () => {
      for (const { bell } of followers) bell.ring();
    });
    const failed = (err: unknown, pauseMs: number): void => log.warn({ err, pauseMs: Math.round(pauseMs) }, 'a view stumbled');
    await Promise.all(followers.map((follower) => persist(() => follower.run(signal), { signal, backOff, failed })));
  };

  const serve = async (): Promise<void> => {
    const locks = await openLocks(store.pool, `${store.service}-views`);
    try {
      await follow(locks);
    } finally {
      active = false;
      await locks.close();
    }
    if (!stopped.signal.aborted) throw new Error('the views lost their lock', { cause: locks.lost.reason });
  };

  const failed = (err: unknown, pauseMs: number): void => log.warn({ err, pauseMs: Math.round(pauseMs) }, 'the views have no database');
  const running = followers.length > 0 ? persist(serve, { signal: stopped.signal, backOff, failed }) : Promise.resolve();
  return {
    isActive: () => active,
    stop: () => {
      stopped.abort();
      ended ??= running.then(() => pool.end());
      return ended;
    },
  };
};
