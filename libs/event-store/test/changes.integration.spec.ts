import fc from 'fast-check';
import { instant, integer, json, nanos, nullable, table, text } from '../src/index.ts';
import { createTableSql } from '../src/table-sql.ts';
import { freshLamps, metadata, type OpenLamps } from './fixtures/lamps.ts';

describe('changes written to PostgreSQL', () => {
  const odds = table({
    table: 'odds',
    columns: {
      id: text(),
      day: integer(),
      name: text(),
      note: nullable(text()),
      more: nullable(json()),
      at: instant(),
      runs: integer(),
      cost: nanos(),
    },
    key: ['id', 'day'],
  });
  const evens = { ...odds, table: 'evens' };
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
    for (const one of [odds, evens]) await lamps.store.pool.query(createTableSql(one, one.table));
  }, 30_000);
  afterAll(() => lamps.close());

  const key = fc.record({ id: fc.constantFrom('a', `it's "b", {c}\\`), day: fc.constantFrom(1, 2) });
  const plain = fc.string({ maxLength: 4, unit: fc.constantFrom('a', '"', '\\', "'", '{', ',', '\n', '\t', 'é', '\u{1F4A1}', ' ') });
  const rest = {
    name: plain,
    note: fc.option(plain),
    more: fc.option(fc.record({ deep: fc.array(plain, { maxLength: 2 }) })),
    at: fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-07-31T23:59:59.999Z'),
  };
  const runs = fc.integer({ min: -5, max: 5 });
  const cost = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  const whole = fc.record({ ...rest, runs, cost: cost.map(String) });
  const change = fc.oneof(
    fc.tuple(key, whole).map(([k, r]) => ({ put: { ...k, ...r } })),
    key.map((k) => ({ drop: k })),
    fc.record(
      {
        patch: key,
        set: fc.record({ ...rest, runs, cost: cost.map(String) }, { requiredKeys: [] }),
        add: fc.record({ runs, cost }, { requiredKeys: [] }),
        from: fc.record(rest),
      },
      { requiredKeys: ['patch'] },
    ),
  );

  it('together leave the rows that they leave one by one', async () => {
    const { store } = lamps;
    const contents = async (one: typeof odds) => await store.read(one).list({ order: { by: ['id', 'day'] }, limit: 100 });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        await store.commit({ appends: [], writes: [{ into: odds, changes }], metadata });
        for (const single of changes) await store.commit({ appends: [], writes: [{ into: evens, changes: [single] }], metadata });
        expect(await contents(odds)).toEqual(await contents(evens));
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
