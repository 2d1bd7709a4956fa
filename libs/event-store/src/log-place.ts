import { logStart, type Place } from '@orrery/kernel';
import type pg from 'pg';

interface PlaceRow {
  readonly transaction: bigint;
  readonly position: bigint;
}

type Query = Pick<pg.Pool, 'query'>;

interface Probe extends PlaceRow {
  readonly recorded_at: Date;
}

const firstFrom = async (database: Query, transaction: bigint): Promise<Probe | undefined> => {
  const { rows } = await database.query<Probe>(
    `SELECT e.transaction, e.position, e.recorded_at FROM events e
      WHERE e.transaction >= $1::xid8 ORDER BY e.transaction, e.position LIMIT 1`,
    [transaction.toString()],
  );
  return rows[0];
};

/** The first event after a place, with when it was recorded. */
export const firstAfter = async (database: Query, { transaction, position }: Place): Promise<Probe | undefined> => {
  const { rows } = await database.query<Probe>(
    `SELECT e.transaction, e.position, e.recorded_at FROM events e
      WHERE (e.transaction, e.position) > ($1::xid8, $2::bigint) ORDER BY e.transaction, e.position LIMIT 1`,
    [transaction.toString(), position],
  );
  return rows[0];
};

const lastTransaction = async (database: Query): Promise<bigint> => {
  const { rows } = await database.query<PlaceRow>(
    'SELECT e.transaction, e.position FROM events e ORDER BY e.transaction DESC, e.position DESC LIMIT 1',
  );
  return rows[0]?.transaction ?? 0n;
};

/**
 * A place before every event recorded at the instant or later. Found by halving the transactions, because the log has no
 * index on time; clocks of writers differ by little, and an event too many does no harm.
 */
export const placeAt = async (database: Query, instant: Date): Promise<Place> => {
  let low = 0n;
  let high = (await lastTransaction(database)) + 1n;
  while (low < high) {
    const middle = (low + high) / 2n;
    const probe = await firstFrom(database, middle);
    if (probe && probe.recorded_at < instant) low = probe.transaction + 1n;
    else high = middle;
  }
  return low === 0n ? logStart : { transaction: low - 1n, position: 2n ** 62n };
};

/** How many events lie after one place and up to another, counted no further than `limit`. */
export const countBetween = async (database: Query, between: { after: Place; through?: Place }, limit: number): Promise<number> => {
  const { after, through } = between;
  const { rows } = await database.query<{ count: bigint }>(
    `SELECT count(*) AS count FROM (
       SELECT FROM events e WHERE (e.transaction, e.position) > ($1::xid8, $2::bigint)
         AND ($3::xid8 IS NULL OR (e.transaction, e.position) <= ($3::xid8, $4::bigint)) LIMIT $5) AS found`,
    [after.transaction.toString(), after.position, through?.transaction.toString() ?? null, through?.position ?? null, limit],
  );
  return Number(rows[0]?.count ?? 0);
};

/** The ids of the published events of a stretch of the log, in its order: without those of private types. */
export const idsBetween = async (
  database: Query,
  between: { after: Place; through: Place; privateTypes: readonly string[] },
  limit: number,
): Promise<readonly { readonly id: string; readonly place: Place }[]> => {
  const { after, through, privateTypes } = between;
  const { rows } = await database.query<PlaceRow & { readonly id: string }>(
    `SELECT e.transaction, e.position, e.id FROM events e
      WHERE (e.transaction, e.position) > ($1::xid8, $2::bigint) AND (e.transaction, e.position) <= ($3::xid8, $4::bigint)
        AND split_part(e.type, '.', 1) <> ALL ($6)
      ORDER BY e.transaction, e.position LIMIT $5`,
    [after.transaction.toString(), after.position, through.transaction.toString(), through.position, limit, privateTypes],
  );
  return rows.map(({ id, transaction, position }) => ({ id, place: { transaction, position } }));
};

export const isInLog = async (database: Query, id: string): Promise<boolean> => {
  const { rowCount } = await database.query('SELECT FROM events WHERE id = $1', [id]);
  return rowCount === 1;
};
