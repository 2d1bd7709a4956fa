import type pg from 'pg';
import { inboxRow } from './once.ts';

/** Which event a consumer reacts to. */
export interface Inbox {
  readonly consumer: string;
  readonly eventId: string;
}

type Query = Pick<pg.ClientBase, 'query'>;

/** Which of these events the consumer has handled before. */
export const handledBefore = async (database: Query, consumer: string, eventIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const { rows } = await database.query<{ key: string }>({
    name: 'orrery-handled-before',
    text: 'SELECT key FROM once WHERE scope = $1 AND key = ANY($2::text[])',
    values: [inboxRow(consumer, '').scope, eventIds],
  });
  return new Set(rows.map(({ key }) => key));
};

/** Writes the rows and gives the events that had none: those whose effect is still to come, in this transaction. */
export const enterInbox = async (database: Query, consumer: string, eventIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const { rows } = await database.query<{ key: string }>({
    name: 'orrery-enter-inbox',
    text: 'INSERT INTO once (scope, key) SELECT $1, key FROM unnest($2::text[]) AS key ORDER BY key ON CONFLICT DO NOTHING RETURNING key',
    values: [inboxRow(consumer, '').scope, eventIds],
  });
  return new Set(rows.map(({ key }) => key));
};
