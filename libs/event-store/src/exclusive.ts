import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** Something that must stand still for a moment did not: try again soon. */
export class Busy extends Error {
  override readonly name = 'Busy';
}

/** How long others may have to wait for a lock that we wait for ourselves. */
const lockTimeoutMs = 250;
const maxTries = 60;
const lockNotAvailable = '55P03';
const deadlockDetected = '40P01';

const isBusy = (error: unknown): boolean =>
  error instanceof Busy || (error instanceof pg.DatabaseError && (error.code === lockNotAvailable || error.code === deadlockDetected));

/** A short transaction that takes strong locks: whoever holds one of them longer makes it start again, so that nobody queues behind it. */
export const transactExclusively = async <T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL synchronous_commit = on`);
      const result = await work();
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      if (!isBusy(error) || tries >= maxTries) throw error;
      await pause(200 + Math.random() * 800);
    }
  }
};

/** From here to the end of the transaction nobody appends; whoever has appended can be seen. Reading goes on. */
export const holdAppends = async (client: pg.ClientBase): Promise<void> => {
  await client.query('LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE');
};
