import { type FreshDatabase, freshDatabase } from '@orrery/testing';
import pg from 'pg';
import { CursorInvalid, type LogEntry, type LogQuery, openPostgresStore, type PostgresStore } from '../src/index.ts';

const dayMs = 86_400_000;
const noon = Date.UTC(2026, 2, 10, 12);
let clock = noon;

let database: FreshDatabase;
let store: PostgresStore;

beforeAll(async () => {
  database = await freshDatabase('logs');
  store = await openPostgresStore({ url: database.url, logDays: 3, now: () => clock });
});
afterAll(async () => {
  await store.close();
  await database.drop();
});
beforeEach(() => {
  clock = noon;
});

let streams = 0;
const freshStream = () => `run-${++streams}`;

const entry = (stream: string, seq: number, fields: Partial<LogEntry> = {}): LogEntry => ({
  stream,
  owner: 'acme',
  part: 1,
  seq,
  at: noon + seq,
  channel: 'stdout',
  text: `line ${seq}`,
  labels: { worker: 'w1' },
  ...fields,
});
const lines = (stream: string, count: number, fields: Partial<LogEntry> = {}) =>
  Array.from({ length: count }, (_, index) => entry(stream, index + 1, fields));

const day = { from: noon - dayMs, to: noon + dayMs };
const textsOf = async (query: Partial<LogQuery>) => {
  const { entries } = await store.logs.query({ ...day, limit: 100, direction: 'forward', ...query });
  return entries.map(({ text }) => text);
};

const pagesOf = async (query: LogQuery): Promise<LogEntry[][]> => {
  const pages: LogEntry[][] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.logs.query({ ...query, ...(cursor ? { cursor } : {}) });
    pages.push([...page.entries]);
    cursor = page.nextCursor;
    if (!cursor) return pages;
  }
};

describe('logs in PostgreSQL', () => {
  it('give back what was put in, whole', async () => {
    const stream = freshStream();
    const said = entry(stream, 7, {
      part: 2,
      channel: 'stderr',
      text: 'Ünïcode 🪐 and "quotes"\n\ttabs {,} \\',
      labels: { worker: 'w9', host: 'gpu-1' },
    });
    await store.logs.append([said]);
    const { entries } = await store.logs.query({ ...day, stream, limit: 10, direction: 'forward' });
    expect(entries).toEqual([said]);
  });

  it('add an entry once, however often it comes', async () => {
    const stream = freshStream();
    expect(await store.logs.append(lines(stream, 3))).toEqual({ added: 3, repeated: 0, outside: 0 });
    expect(await store.logs.append(lines(stream, 5))).toEqual({ added: 2, repeated: 3, outside: 0 });
    expect(await store.logs.append([entry(stream, 9), entry(stream, 9)])).toEqual({ added: 1, repeated: 1, outside: 0 });
    expect(await textsOf({ stream })).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5', 'line 9']);
  });

  it('take the same batch from several writers at once without losing or doubling a line', async () => {
    const names = Array.from({ length: 20 }, freshStream);
    const batch = names.flatMap((stream) => lines(stream, 50));
    const others = await Promise.all(
      Array.from({ length: 3 }, () => openPostgresStore({ url: database.url, logDays: 3, now: () => clock })),
    );
    const writers = [store, ...others].map((each, index) => each.logs.append(index % 2 ? batch.toReversed() : batch));
    const results = await Promise.all(writers);
    await Promise.all(others.map((each) => each.close()));
    expect(results.reduce((sum, { added }) => sum + added, 0)).toBe(1_000);
    expect(results.reduce((sum, { repeated }) => sum + repeated, 0)).toBe(3_000);
    for (const stream of names) expect(await store.logs.count({ ...day, stream }, 100)).toBe(50);
  });

  it('keep the order of a stream by part and number, not by time', async () => {
    const stream = freshStream();
    await store.logs.append([entry(stream, 1, { part: 2, at: noon - 500, text: 'second attempt' }), entry(stream, 2), entry(stream, 1)]);
    expect(await textsOf({ stream })).toEqual(['line 1', 'line 2', 'second attempt']);
    expect(await textsOf({ stream, direction: 'backward' })).toEqual(['second attempt', 'line 2', 'line 1']);
  });

  it('store text with a character that PostgreSQL cannot hold', async () => {
    const stream = freshStream();
    await store.logs.append([entry(stream, 1, { text: 'a\0b' })]);
    expect(await textsOf({ stream })).toEqual(['a\uFFFDb']);
  });

  it('page through a stream in both directions without a gap or a repetition', async () => {
    const stream = freshStream();
    const all = lines(stream, 25);
    await store.logs.append(all);
    for (const direction of ['forward', 'backward'] as const) {
      const pages = await pagesOf({ ...day, stream, limit: 10, direction });
      expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
      expect(pages.flat()).toEqual(direction === 'forward' ? all : all.toReversed());
    }
  });

  it('page through all streams of an owner, newest first, where many entries share a moment', async () => {
    const owner = 'paging';
    const written = [freshStream(), freshStream(), freshStream()].flatMap((stream) => lines(stream, 10, { owner, at: noon }));
    await store.logs.append(written);
    const pages = await pagesOf({ ...day, owner, limit: 7, direction: 'backward' });
    expect(pages.map((page) => page.length)).toEqual([7, 7, 7, 7, 2]);
    const seen = pages.flat().map(({ stream, seq }) => `${stream} ${seq}`);
    expect(new Set(seen).size).toBe(30);
  });

  it('never show one owner what is another one’s', async () => {
    const stream = freshStream();
    await store.logs.append(lines(stream, 2, { owner: 'alice' }));
    expect(await textsOf({ owner: 'alice' })).toHaveLength(2);
    expect(await textsOf({ owner: 'bob' })).toEqual([]);
    expect(await textsOf({ owner: 'bob', stream })).toEqual([]);
  });

  it('refuse a query that names neither a stream nor an owner', async () => {
    await expect(textsOf({})).rejects.toThrow('names a stream or an owner');
  });

  it('take the start of a time range in and leave its end out', async () => {
    const stream = freshStream();
    await store.logs.append(lines(stream, 5));
    expect(await textsOf({ stream, from: noon + 2, to: noon + 4 })).toEqual(['line 2', 'line 3']);
  });

  it('find by labels, by any of several values, and by text', async () => {
    const owner = 'finding';
    await store.logs.append([
      entry(freshStream(), 1, { owner, text: 'Loss: 0.5', labels: { worker: 'w1', zone: 'a' } }),
      entry(freshStream(), 1, { owner, text: 'loss: 0.4', labels: { worker: 'w2', zone: 'a' } }),
      entry(freshStream(), 1, { owner, text: '100%_done', labels: { worker: 'w3', zone: 'b' } }),
    ]);
    expect(await textsOf({ owner, labels: { zone: 'a' } })).toEqual(['Loss: 0.5', 'loss: 0.4']);
    expect(await textsOf({ owner, labels: { worker: ['w2', 'w3'] } })).toEqual(['loss: 0.4', '100%_done']);
    expect(await textsOf({ owner, contains: 'LOSS' })).toEqual(['Loss: 0.5', 'loss: 0.4']);
    expect(await textsOf({ owner, contains: '%_' })).toEqual(['100%_done']);
  });

  it('count no further than asked', async () => {
    const stream = freshStream();
    await store.logs.append(lines(stream, 8));
    expect(await store.logs.count({ ...day, stream }, 100)).toBe(8);
    expect(await store.logs.count({ ...day, stream }, 5)).toBe(5);
  });

  it('follow a stream from a place, across parts and midnights', async () => {
    const stream = freshStream();
    const late = noon + 0.5 * dayMs;
    await store.logs.append([entry(stream, 1), entry(stream, 2, { at: late }), entry(stream, 1, { part: 2, at: late + 1 })]);
    const tail = await store.logs.tail(stream, { part: 1, seq: 1 }, 10);
    expect(tail.map(({ part, seq }) => [part, seq])).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(await store.logs.tail(stream, { part: 2, seq: 1 }, 10)).toEqual([]);
    expect(await store.logs.tail('run-unheard-of', { part: 0, seq: 0 }, 10)).toEqual([]);
  });

  it('refuse a cursor that no page gave', async () => {
    const stream = freshStream();
    for (const cursor of ['', 'nonsense', Buffer.from('[1]').toString('base64url'), Buffer.from('[1,2,3,4]').toString('base64url')]) {
      const asked = store.logs.query({ ...day, stream, limit: 5, direction: 'forward', cursor });
      await expect(asked).rejects.toThrow(CursorInvalid);
    }
  });

  it('forget one stream when told to, and know its name again afterwards', async () => {
    const stream = freshStream();
    await store.logs.append(lines(stream, 3));
    await store.logs.forget(stream);
    expect(await textsOf({ stream })).toEqual([]);
    await store.logs.append(lines(stream, 1));
    expect(await textsOf({ stream })).toEqual(['line 1']);
  });
});

describe('retention of logs', () => {
  const tablesOf = async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query("SELECT relname FROM pg_class WHERE relname ~ '^log_entries_[0-9]{8}$' ORDER BY relname");
    await client.end();
    return rows.map(({ relname }) => relname);
  };

  it('drops whole days that are too old, and keeps the rest', async () => {
    const owner = 'retained';
    const [old, young] = [freshStream(), freshStream()];
    await store.logs.append([entry(old, 1, { owner, at: noon - 2 * dayMs, text: 'old' }), entry(young, 1, { owner, text: 'young' })]);
    expect(await tablesOf()).toContain('log_entries_20260308');
    clock = noon + dayMs;
    expect(await store.retain()).toBeGreaterThanOrEqual(1);
    expect(await tablesOf()).not.toContain('log_entries_20260308');
    expect(await textsOf({ owner, from: 0 })).toEqual(['young']);
    expect(await store.retain()).toBe(0);
  });

  it('takes a stream again that had been forgotten with its day', async () => {
    const stream = freshStream();
    await store.logs.append([entry(stream, 1, { text: 'before' })]);
    clock = noon + 4 * dayMs;
    await store.retain();
    await store.logs.append([entry(stream, 2, { at: clock, text: 'after' })]);
    expect(await textsOf({ stream, from: 0, to: clock + 1 })).toEqual(['after']);
  });

  it('makes no table for a time that nobody can mean', async () => {
    const stream = freshStream();
    const before = await tablesOf();
    const wrong = [noon - 3 * dayMs, noon + 2 * dayMs, Date.UTC(2999, 0, 1), 0, Number.NaN, 1.5];
    const result = await store.logs.append(wrong.map((at, index) => entry(stream, index + 1, { at })));
    expect(result).toEqual({ added: 0, repeated: 0, outside: wrong.length });
    expect(await tablesOf()).toEqual(before);
  });
});
