import type { Event, Place, Recorded } from '@orrery/kernel';
import type pg from 'pg';
import { readTexts, statementOf } from './pipeline.ts';
import { type BareRow, bareColumns, type EventRow, eventColumns, type RowReader } from './rows.ts';

export interface Loaded<E extends Event = Event> {
  readonly events: readonly Recorded<E>[];
  /** Of the last event loaded; 0 where there is none. */
  readonly version: number;
}

export interface Since<E extends Event> {
  readonly snapshot: { readonly version: number; readonly state: object } | undefined;
  readonly events: readonly E[];
}

export interface LoadOptions {
  /** The stream as it was: up to a version, or up to an instant. */
  readonly at?: number | Date;
}

const lastVersion = 2_147_483_647;

/** The types, and the data as one JSON array unless some of it is sealed. */
const selectHappened = statementOf(
  `SELECT string_agg(h.type, ','), CASE WHEN count(h.person) = 0 THEN '[' || string_agg(h.data::text, ',') || ']' END
    FROM (SELECT e.type, e.data, e.person FROM events e WHERE e.stream = $1 AND e.version > $2 ORDER BY e.version) h`,
);

/** Reads streams and the log. */
export class LogReader {
  readonly pool: pg.Pool;
  private readonly rows: RowReader;

  constructor(pool: pg.Pool, rows: RowReader) {
    this.pool = pool;
    this.rows = rows;
  }

  async load<E extends Event = Event>(stream: string, { at }: LoadOptions = {}): Promise<Loaded<E>> {
    const upTo = typeof at === 'number' ? at : lastVersion;
    const events = await this.page<E>(stream, { after: 0, upTo, limit: lastVersion });
    // Clocks of writers may differ a little, versions do not: what counts is the first event that is too young.
    const young = at instanceof Date ? events.findIndex(({ recordedAt }) => recordedAt > at) : -1;
    const seen = young < 0 ? events : events.slice(0, young);
    return { events: seen, version: seen.at(-1)?.version ?? 0 };
  }

  /** Several streams in one query, each in its own order. */
  async loadAll<E extends Event = Event>(streams: readonly string[]): Promise<readonly Recorded<E>[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'orrery-load-all',
      text: `SELECT ${eventColumns} FROM events e WHERE e.stream = ANY($1::text[]) ORDER BY e.stream, e.version`,
      values: [streams],
    });
    return await this.rows.recorded<E>(rows);
  }

  /** A place before which the log will not grow: what is read by other ways from now on, or by `readLog` after it, is everything. */
  async horizon(): Promise<Place> {
    const { rows } = await this.pool.query<{ transaction: string }>({
      name: 'orrery-horizon',
      text: 'SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS transaction',
    });
    return { transaction: BigInt(rows[0]?.transaction ?? 0), position: 0n };
  }

  /** One page of a stream's life, oldest first. */
  history<E extends Event = Event>(
    stream: string,
    page: { readonly after?: number; readonly limit?: number } = {},
  ): Promise<readonly Recorded<E>[]> {
    return this.page<E>(stream, { after: page.after ?? 0, upTo: lastVersion, limit: page.limit ?? 100 });
  }

  /**
   * What happened, without when and why: all that a fold needs. It comes as one row, because reading a hundred rows costs three
   * times as much here as parsing one text.
   */
  async happened<E extends Event>(stream: string, after = 0): Promise<readonly E[]> {
    const [[types, data] = []] = await readTexts(this.pool, { statement: selectHappened, values: [stream, String(after)] });
    if (!types) return [];
    return data ? this.rows.plain<E>(types.split(','), JSON.parse(data)) : await this.happenedRowByRow<E>(stream, after);
  }

  /** The kept state of a shape, if there is one, and what happened since. */
  async happenedSince<E extends Event>(stream: string, shape: string): Promise<Since<E>> {
    const { rows } = await this.pool.query<BareRow & { readonly version: number }>({
      name: 'orrery-happened-since',
      text: `WITH kept AS (SELECT version, state FROM snapshots WHERE stream = $1 AND shape = $2)
        SELECT NULL AS id, '' AS type, state AS data, NULL AS person, version::int FROM kept
        UNION ALL (
          SELECT ${bareColumns}, e.version FROM events e
          WHERE e.stream = $1 AND e.version > coalesce((SELECT version FROM kept), 0) ORDER BY e.version
        )`,
      values: [stream, shape],
    });
    const [first] = rows;
    if (first?.type !== '') return { snapshot: undefined, events: await this.rows.bare<E>(rows) };
    return { snapshot: { version: first.version, state: first.data }, events: await this.rows.bare<E>(rows.slice(1)) };
  }

  async byId<E extends Event = Event>(id: string): Promise<Recorded<E> | undefined> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'orrery-event-by-id',
      text: `SELECT ${eventColumns} FROM events e WHERE e.id = $1`,
      values: [id],
    });
    const [recorded] = await this.rows.recorded<E>(rows);
    return recorded;
  }

  /**
   * Everything committed after a place, also beside unfinished transactions: only for who holds the table so that none of them
   * can append.
   */
  async readCommitted(client: pg.ClientBase, after: Place, limit: number): Promise<readonly Recorded[]> {
    const { rows } = await client.query<EventRow>(
      `SELECT ${eventColumns} FROM events e WHERE (e.transaction, e.position) > ($1::xid8, $2::bigint)
        ORDER BY e.transaction, e.position LIMIT $3`,
      [after.transaction.toString(), after.position.toString(), limit],
    );
    return await this.rows.recorded(rows);
  }

  /** The log in its one order, never past an unfinished transaction: nothing is skipped, nothing comes twice. */
  async readLog(after: Place, limit: number): Promise<readonly Recorded[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'orrery-read-log',
      // By the columns, not by names of the output: a place sorted as text would put 10 before 9.
      text: `SELECT ${eventColumns} FROM events e
        WHERE (e.transaction, e.position) > ($1::xid8, $2::bigint) AND e.transaction < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY e.transaction, e.position LIMIT $3`,
      values: [after.transaction.toString(), after.position.toString(), limit],
    });
    return await this.rows.recorded(rows);
  }

  /** For streams that tell of a person: each row has its own seal. */
  private async happenedRowByRow<E extends Event>(stream: string, after: number): Promise<readonly E[]> {
    const { rows } = await this.pool.query<BareRow>({
      name: 'orrery-happened-row-by-row',
      text: `SELECT ${bareColumns} FROM events e WHERE e.stream = $1 AND e.version > $2 ORDER BY e.version`,
      values: [stream, after],
    });
    return await this.rows.bare<E>(rows);
  }

  private async page<E extends Event>(
    stream: string,
    { after, upTo, limit }: { readonly after: number; readonly upTo: number; readonly limit: number },
  ): Promise<readonly Recorded<E>[]> {
    const { rows } = await this.pool.query<EventRow>({
      name: 'orrery-load',
      text: `SELECT ${eventColumns} FROM events e WHERE e.stream = $1 AND e.version > $2 AND e.version <= $3 ORDER BY e.version LIMIT $4`,
      values: [stream, after, upTo, limit],
    });
    return await this.rows.recorded<E>(rows);
  }
}
