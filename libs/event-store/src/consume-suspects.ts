import type pg from 'pg';
import type { Delivery } from './consume-delivery.ts';
import type { Manner } from './consume-manner.ts';
import { handledBefore } from './inbox.ts';

/** Delivered more often than this, an event may be what takes its process down; or it was merely near. */
const innocentDeliveries = 3;
/** A suspect that was handled alone so often, and each time the process died, is not merely near. */
export const triesAlone = 8;

export const isSuspect = ({ deliveries }: Delivery): boolean => deliveries > innocentDeliveries;

/** One at a time, so that the death of a process accuses one event and not its neighbours. */
export const alone = ({ work }: Manner): Manner => ({ work, deliveries: 1, batches: 1, most: 1, perLane: 1 });

const scopeOf = (consumer: string): string => `suspect ${consumer}`;

/** A note outlives our process all the same, and the sooner it is written, the less there is of a moment in which to be killed from outside. */
const unflushed = `WITH unflushed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))`;

/** Notes that a suspect is now handled alone. True when that was noted too often, never taken back, and never brought about the effect. */
export const diedOfIt = async (database: Pick<pg.Pool, 'query'>, consumer: string, eventId: string): Promise<boolean> => {
  const { rows } = await database.query<{ tries: number }>(
    `${unflushed} INSERT INTO once (scope, key, answer) SELECT $1, $2, '1' FROM unflushed
      ON CONFLICT (scope, key) DO UPDATE SET answer = (once.answer::int + 1)::text RETURNING answer::int AS tries`,
    [scopeOf(consumer), eventId],
  );
  if ((rows[0]?.tries ?? 0) <= triesAlone) return false;
  return !(await handledBefore(database, consumer, [eventId])).has(eventId);
};

/** Takes the note back: whatever became of the event, we live. */
export const survivedIt = async (database: Pick<pg.Pool, 'query'>, consumer: string, eventId: string): Promise<void> => {
  await database.query(`${unflushed} DELETE FROM once USING unflushed WHERE scope = $1 AND key = $2`, [scopeOf(consumer), eventId]);
};
