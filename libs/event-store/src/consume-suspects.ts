import type pg from 'pg';
import type { Delivery } from './consume-delivery.ts';
import type { Manner } from './consume-manner.ts';

/** Delivered more often than this, an event may be what takes its process down; or it was merely near. */
const innocentDeliveries = 3;
/** A suspect that was handled alone so often, and each time the process died, is not merely near. */
export const triesAlone = 5;

export const isSuspect = ({ deliveries }: Delivery): boolean => deliveries > innocentDeliveries;

/** One at a time, so that the death of a process accuses one event and not its neighbours. */
export const alone = ({ work }: Manner): Manner => ({ work, deliveries: 1, batches: 1, most: 1, perLane: 1 });

const scopeOf = (consumer: string): string => `suspect ${consumer}`;

/** Notes that a suspect is now handled alone. True when that was noted too often, and never taken back. */
export const diedOfIt = async (database: Pick<pg.Pool, 'query'>, consumer: string, eventId: string): Promise<boolean> => {
  const { rows } = await database.query<{ tries: number }>(
    `INSERT INTO once (scope, key, answer) VALUES ($1, $2, '1')
      ON CONFLICT (scope, key) DO UPDATE SET answer = (once.answer::int + 1)::text RETURNING answer::int AS tries`,
    [scopeOf(consumer), eventId],
  );
  return (rows[0]?.tries ?? 0) > triesAlone;
};

/** Takes the note back: whatever became of the event, we live. */
export const survivedIt = async (database: Pick<pg.Pool, 'query'>, consumer: string, eventId: string): Promise<void> => {
  await database.query('DELETE FROM once WHERE scope = $1 AND key = $2', [scopeOf(consumer), eventId]);
};
