import { pause, persist } from '@orrery/kernel';
import { logOf } from '@orrery/telemetry';
import type { EventStore } from './event-store.ts';

export interface Housekeeping {
  readonly stop: () => Promise<void>;
}

const everyMs = 3_600_000;
const batch = 5_000;
const backOff = { firstMs: 10_000, longestMs: 600_000 };
/** Longer than any client goes on trying. */
const keepCommandsMs = 7 * 24 * 3_600_000;

/**
 * Forgets the keys and answers of commands older than `olderThanMs`; says how many. Inbox rows are never forgotten: a refill of the
 * bus may bring an event back years later.
 */
export const forgetCommands = async ({ pool }: Pick<EventStore, 'pool'>, olderThanMs: number): Promise<number> => {
  for (let forgotten = 0; ; ) {
    const { rowCount } = await pool.query(
      `DELETE FROM once WHERE (scope, key) IN (
        SELECT scope, key FROM once WHERE scope LIKE 'command %' AND recorded_at < now() - $1 * interval '1 ms' LIMIT $2)`,
      [olderThanMs, batch],
    );
    forgotten += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return forgotten;
  }
};

/** Forgets old commands, now and then. */
export const keepHouse = (store: EventStore, options: { readonly keepCommandsMs?: number } = {}): Housekeeping => {
  const log = logOf(store.service);
  const stopped = new AbortController();
  const { signal } = stopped;
  const work = async (): Promise<void> => {
    // Not at once: a start has better things to do, and many processes start together.
    await pause(everyMs * (0.5 + Math.random()), signal);
    if (signal.aborted) return;
    const forgotten = await forgetCommands(store, options.keepCommandsMs ?? keepCommandsMs);
    if (forgotten > 0) log.info({ forgotten }, 'forgot old commands');
  };
  const failed = (err: unknown, pauseMs: number): void => log.warn({ err, pauseMs: Math.round(pauseMs) }, 'could not forget old commands');
  const running = persist(work, { signal, backOff, failed });
  return {
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
};
