import { InvalidCursor, instant, integer, json, nanos, nullable, real, table, text, uuid, write } from '../src/index.ts';
import { createTableSql } from '../src/table-sql.ts';
import { freshLamps, metadata, type OpenLamps } from './fixtures/lamps.ts';

const things = table({
  table: 'things',
  columns: {
    thingId: uuid(),
    kind: text<'a' | 'b'>(),
    title: nullable(text()),
    weight: real(),
    count: integer(),
    cost: nanos(),
    madeAt: instant(),
    more: nullable(json<{ readonly deep: readonly number[] }>()),
  },
  key: ['thingId'],
});

const idOf = (index: number): string => `00000000-0000-7000-8000-${String(index).padStart(12, '0')}`;

const thing = (index: number) => ({
  thingId: idOf(index),
  kind: index % 2 === 0 ? ('a' as const) : ('b' as const),
  title: index % 3 === 0 ? null : `50%_of ${index}`,
  weight: index / 4,
  count: index,
  cost: things.columns.cost.read(`${index}000000000000000000001`),
  // Three things each second, so that a page ends between equals.
  madeAt: new Date(Date.parse('2026-01-01T00:00:00Z') + Math.floor(index / 3) * 1_000).toISOString(),
  more: index % 5 === 0 ? null : { deep: [index] },
});

describe('rows of a table', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
    await lamps.store.pool.query(createTableSql(things, things.table));
    const rows = Array.from({ length: 20 }, (_, index) => ({ put: thing(index) }));
    await lamps.store.commit({ appends: [], writes: [write(things, ...rows)], metadata });
  }, 30_000);
  afterAll(() => lamps.close());

  const numbers = (rows: readonly { readonly count: number }[]): number[] => rows.map(({ count }) => count);
  const newest = { by: ['madeAt'], direction: 'desc' } as const;

  it('come as their columns say: dates as text, money to the last digit, whole numbers as numbers', async () => {
    expect(await lamps.store.read(things).one({ thingId: idOf(7) })).toEqual(thing(7));
    expect(await lamps.store.read(things).one({ thingId: idOf(15) })).toEqual({ ...thing(15), title: null, more: null });
    expect(await lamps.store.read(things).one({ thingId: idOf(99) })).toBeUndefined();
  });

  it('are found by what their cells are', async () => {
    const found = async (where: Parameters<ReturnType<typeof lamps.store.read<typeof things>>['count']>[0]): Promise<number[]> =>
      numbers(await lamps.store.read(things).list({ where: where ?? {}, order: { by: ['count'] }, limit: 100 }));
    expect(await found({ kind: 'b', count: { lt: 6 } })).toEqual([1, 3, 5]);
    expect(await found({ title: null, count: { lte: 6 } })).toEqual([0, 3, 6]);
    expect(await found({ count: { in: [3, 4, 99] } })).toEqual([3, 4]);
    expect(await found({ count: { gt: 3, lte: 5 } })).toEqual([4, 5]);
    expect(await found({ title: { not: null }, count: { gte: 17 } })).toEqual([17, 19]);
    expect(await found({ madeAt: { gte: '2026-01-01T00:00:06.000Z' } })).toEqual([18, 19]);
    // What somebody searches for is text, not a pattern.
    expect(await found({ title: { contains: '%_OF 1' } })).toEqual([1, 10, 11, 13, 14, 16, 17, 19]);
    expect(await found({ title: { contains: '5%1' } })).toEqual([]);
    expect(await found({ kind: undefined })).toHaveLength(20);
    expect(await found({ kind: 'a', anyOf: [{ count: { lt: 3 } }, { title: null, count: { gte: 12 } }] })).toEqual([0, 2, 12, 18]);
    expect(await found({ kind: 'a', anyOf: [{ count: undefined }], count: { lt: 3 } })).toEqual([0, 2]);
    expect(await found({ kind: 'a', anyOf: [] })).toEqual([]);
    expect(await lamps.store.read(things).count({ kind: 'a' })).toBe(10);
  });

  it('come page by page, each once, though rows are equal in the order', async () => {
    const reader = lamps.store.read(things);
    const seen: number[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await reader.page({ order: newest, limit: 7, cursor });
      seen.push(...numbers(page.items));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(pages).toBe(3);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, index) => 19 - index));
  });

  it('are not shifted by rows that come between two pages', async () => {
    const reader = lamps.store.read(things);
    const first = await reader.page({ where: { kind: 'a' }, order: newest, limit: 3 });
    await lamps.store.commit({ appends: [], writes: [write(things, { put: { ...thing(40) } })], metadata });
    const second = await reader.page({ where: { kind: 'a' }, order: newest, limit: 3, cursor: first.nextCursor });
    expect([...numbers(first.items), ...numbers(second.items)]).toEqual([18, 16, 14, 12, 10, 8]);
    await lamps.store.commit({ appends: [], writes: [write(things, { drop: { thingId: idOf(40) } })], metadata });
  });

  it('can be skipped and counted for those who count pages', async () => {
    expect(numbers(await lamps.store.read(things).list({ order: newest, limit: 3, offset: 15 }))).toEqual([4, 3, 2]);
  });

  it('know no cursor but their own', async () => {
    const reader = lamps.store.read(things);
    const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const wrong = ['', 'x', forged({}), forged([]), forged([1]), forged(['now', 'x']), forged([{}, []]), forged(['2026-01-01', 'no uuid'])];
    for (const cursor of wrong) {
      await expect(reader.page({ order: newest, limit: 3, cursor })).rejects.toBeInstanceOf(InvalidCursor);
    }
  });

  it('are not listed by what may be null', async () => {
    await expect(async () => lamps.store.read(things).page({ order: { by: ['title'] }, limit: 3 })).rejects.toThrow('may be null');
  });

  it('can be read with a query of one’s own', async () => {
    const reader = lamps.store.read(things);
    const rows = await reader.rows(`SELECT ${reader.columns} FROM things WHERE count * 2 = $1`, [14]);
    expect(rows).toEqual([thing(7)]);
  });
});
