import type pg from 'pg';
import { Conditions } from './conditions.ts';
import { transact } from './database.ts';
import { dayOf } from './days.ts';
import { readCursor, writeCursor } from './log-cursor.ts';
import { type Appended, type LogEntry, type LogPage, type LogPlace, type LogQuery, type LogStore, mostEntries } from './log-store.ts';
import { Names } from './names.ts';
import type { Partitions } from './partitions.ts';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  readonly labels: Record<string, string>;
  readonly part: number;
  readonly seq: number;
  readonly at: number;
  readonly channel: string;
  readonly text: string;
}

const nameStreams = `INSERT INTO log_streams AS s (name, owner, labels, last_day)
  SELECT n, o, l::jsonb, d FROM unnest($1::text[], $2::text[], $3::text[], $4::int[]) AS t (n, o, l, d)
  ON CONFLICT (name) DO UPDATE SET last_day = greatest(s.last_day, excluded.last_day)
  RETURNING s.name AS key, s.id`;
// In one order, whatever order they came in: writers of the same entries would wait for each other in a circle.
const insert = `INSERT INTO log_entries (stream, part, seq, at, owner_key, channel, text)
  SELECT s, p, q, a, hashtextextended(o, 0), c, x
  FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[]) AS t (s, p, q, a, o, c, x)
  ORDER BY s, p, q
  ON CONFLICT DO NOTHING`;
const columns = 's.id, s.name, s.owner, s.labels, e.part, e.seq, e.at, e.channel, e.text';
const batchSize = 2_000;

// PostgreSQL's text holds every character but this one, and programs print anything.
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD');

const entryOf = ({ id: _id, name, ...rest }: Row): LogEntry => ({ stream: name, ...rest });

export class PostgresLogs implements LogStore {
  private readonly pool: pg.Pool;
  private readonly partitions: Partitions;
  private readonly names: Names;

  constructor(pool: pg.Pool, partitions: Partitions) {
    this.pool = pool;
    this.partitions = partitions;
    this.names = new Names(pool, { text: nameStreams, columns: 3 });
  }

  async append(entries: readonly LogEntry[]): Promise<Appended> {
    const kept = entries.filter(({ at }) => this.partitions.holds(at));
    await this.partitions.ensure(kept.map(({ at }) => dayOf(at)));
    let added = 0;
    for (let start = 0; start < kept.length; start += batchSize) added += await this.write(kept.slice(start, start + batchSize));
    return { added, repeated: kept.length - added, outside: entries.length - kept.length };
  }

  async query(query: LogQuery): Promise<LogPage> {
    const limit = Math.max(1, Math.min(query.limit, mostEntries));
    const [way, beyond] = query.direction === 'forward' ? ['ASC', '>'] : ['DESC', '<'];
    const order = query.stream === undefined ? ['at', 'stream', 'part', 'seq'] : ['part', 'seq'];
    const where = whereOf(query);
    const cursor = readCursor(query);
    if (cursor)
      where.add(
        `(${order.map((column) => `e.${column}`).join(', ')}) ${beyond} (${cursor.map((part) => `${where.value(part)}::bigint`).join(', ')})`,
      );
    const sorted = (alias: string): string => order.map((column) => `${alias}.${column} ${way}`).join(', ');
    // The page is cut before names are joined to it: joined first, every entry of the owner would be sorted.
    const { rows } = await this.pool.query<Row>(
      `SELECT ${columns} FROM (
         SELECT * FROM log_entries e WHERE ${where} ORDER BY ${sorted('e')} LIMIT ${limit + 1}) AS e
       JOIN log_streams s ON s.id = e.stream ORDER BY ${sorted('e')}`,
      where.values,
    );
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    // The index knows owners by a hash only.
    const own = rows.slice(0, limit).filter(({ owner }) => query.owner === undefined || owner === query.owner);
    const entries = own.map(entryOf);
    if (!last) return { entries };
    const { at, id, part, seq } = last;
    return { entries, nextCursor: writeCursor(query.stream === undefined ? [at, id, part, seq] : [part, seq]) };
  }

  async count(query: Filter, upTo: number): Promise<number> {
    const where = whereOf(query);
    const { rows } = await this.pool.query<{ found: number }>(
      `SELECT count(*) AS found FROM (
         SELECT FROM log_entries e WHERE ${where} LIMIT ${where.value(upTo)}) AS counted`,
      where.values,
    );
    return rows[0]?.found ?? 0;
  }

  async tail(stream: string, after: LogPlace, limit: number): Promise<readonly LogEntry[]> {
    const { rows } = await this.pool.query<Row>({
      name: 'tail',
      text: `SELECT ${columns} FROM log_entries e JOIN log_streams s ON s.id = e.stream
        WHERE e.stream = (SELECT id FROM log_streams WHERE name = $1) AND (e.part, e.seq) > ($2::int, $3::bigint)
        ORDER BY e.part, e.seq LIMIT $4`,
      values: [stream, after.part, after.seq, Math.min(limit, mostEntries)],
    });
    return rows.map(entryOf);
  }

  async forget(stream: string): Promise<void> {
    await transact(this.pool, async (client) => {
      await client.query('DELETE FROM log_entries WHERE stream = (SELECT id FROM log_streams WHERE name = $1)', [stream]);
      await client.query('DELETE FROM log_streams WHERE name = $1', [stream]);
    });
    this.names.forget(stream);
  }

  /** Drops the days that are too old and the names of streams that ended before them. */
  async retain(): Promise<number> {
    const dropped = await this.partitions.drop();
    await this.pool.query('DELETE FROM log_streams WHERE last_day < $1', [this.partitions.oldest]);
    this.names.forget();
    return dropped;
  }

  private async write(entries: readonly LogEntry[]): Promise<number> {
    const newest = new Map<string, LogEntry>();
    for (const entry of entries) if (entry.at >= (newest.get(entry.stream)?.at ?? 0)) newest.set(entry.stream, entry);
    const named = [...newest.values()].map(({ stream, owner, labels, at }) => ({
      key: stream,
      row: [stream, owner, JSON.stringify(labels)],
      day: dayOf(at),
    }));
    const ids = await this.names.idsOf(named);
    const { rowCount } = await this.pool.query({
      name: 'append-log',
      text: insert,
      values: [
        entries.map(({ stream }) => ids.get(stream)),
        entries.map(({ part }) => part),
        entries.map(({ seq }) => seq),
        entries.map(({ at }) => at),
        entries.map(({ owner }) => owner),
        entries.map(({ channel }) => channel),
        entries.map(({ text }) => storable(text)),
      ],
    });
    return rowCount ?? 0;
  }
}

type Filter = Omit<LogQuery, 'limit' | 'direction' | 'cursor'>;

const streamIds = (where: Conditions, { stream, owner, labels = {} }: Filter): string => {
  const named = new Conditions(where);
  if (stream !== undefined) named.add(`name = ${named.value(stream)}`);
  if (owner !== undefined) named.add(`owner = ${named.value(owner)}`);
  return `SELECT id FROM log_streams WHERE ${named.labels('labels', labels)}`;
};

const whereOf = (filter: Filter): Conditions => {
  const { stream, owner, labels = {}, from, to, contains } = filter;
  if (stream === undefined && owner === undefined) throw new TypeError('a query of logs names a stream or an owner');
  const where = new Conditions();
  if (stream !== undefined) where.add(`e.stream = (${streamIds(where, filter)})`);
  else {
    where.add(`e.owner_key = hashtextextended(${where.value(owner)}, 0)`);
    if (Object.keys(labels).length > 0) where.add(`e.stream = ANY(ARRAY(${streamIds(where, filter)}))`);
  }
  where.add(`e.at >= ${where.value(from)} AND e.at < ${where.value(to)}`);
  if (contains) where.add(`strpos(lower(e.text), lower(${where.value(contains)})) > 0`);
  return where;
};
