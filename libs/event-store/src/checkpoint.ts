import { logStart, type Place } from '@orrery/kernel';
import type pg from 'pg';

type Query = { readonly query: <R extends pg.QueryResultRow>(query: pg.QueryConfig) => Promise<pg.QueryResult<R>> };

/** How far a reader of the log has come; by name, in the log's own database. */
export const readCheckpoint = async (database: Query, name: string): Promise<Place | undefined> => {
  const { rows } = await database.query<{ transaction: bigint; position: bigint }>({
    name: 'read-checkpoint',
    text: 'SELECT transaction, position FROM checkpoints WHERE name = $1',
    values: [name],
  });
  const [row] = rows;
  return row && { transaction: row.transaction, position: row.position };
};

export const checkpointOf = async (database: Query, name: string): Promise<Place> => (await readCheckpoint(database, name)) ?? logStart;

export const writeCheckpoint = async (database: Query, name: string, { transaction, position }: Place): Promise<void> => {
  await database.query({
    name: 'write-checkpoint',
    text: `INSERT INTO checkpoints (name, transaction, position) VALUES ($1, $2::xid8, $3)
      ON CONFLICT (name) DO UPDATE SET transaction = excluded.transaction, position = excluded.position, moved_at = now()`,
    values: [name, transaction.toString(), position],
  });
};

export const dropCheckpoint = async (database: Query, name: string): Promise<void> => {
  await database.query({ text: 'DELETE FROM checkpoints WHERE name = $1', values: [name] });
};
