import fc from 'fast-check';
import type { Cells, Change } from './change.ts';
import { integer, nanos, nullable, text } from './columns.ts';
import { type Effect, Effects } from './effect.ts';
import { type ChangeOf, table } from './table.ts';

const tallies = table({
  table: 'tallies',
  columns: { org: text(), day: integer(), name: text(), note: nullable(text()), runs: integer(), cost: nanos() },
  key: ['org', 'day'],
});
type Step = ChangeOf<typeof tallies>;
type Rows = Map<string, Cells>;

const keyOf = (cells: Cells): string => `${cells.org} ${cells.day}`;

const add = (cell: unknown, addend: number | bigint): unknown =>
  typeof addend === 'bigint' ? (BigInt(String(cell ?? 0)) + addend).toString() : Number(cell ?? 0) + addend;

/** What one change means, said as plainly as possible: the model that merging is held against. */
const step = (rows: Rows, change: Change): void => {
  if ('put' in change) rows.set(keyOf(change.put), change.put);
  else if ('drop' in change) rows.delete(keyOf(change.drop));
  else {
    const start = change.from && { runs: 0, cost: '0', ...change.from, ...change.patch };
    const row = rows.get(keyOf(change.patch)) ?? start;
    if (!row) return;
    const next: Record<string, unknown> = { ...row, ...change.set };
    for (const [column, addend] of Object.entries(change.add ?? {})) next[column] = add(next[column], addend as number | bigint);
    rows.set(keyOf(change.patch), next);
  }
};

/** What the database does with an effect. */
const run = (rows: Rows, effect: Effect): void => {
  if (effect.kind === 'put') rows.set(keyOf(effect.row), effect.row);
  else if (effect.kind === 'drop') rows.delete(keyOf(effect.key));
  else {
    const key = effect.kind === 'patch' ? effect.key : effect.row;
    const row = rows.get(keyOf(key));
    if (!row) {
      if (effect.kind === 'upsert') rows.set(keyOf(key), effect.row);
      return;
    }
    const next: Record<string, unknown> = { ...row, ...effect.set };
    for (const [column, addend] of Object.entries(effect.add)) next[column] = add(next[column], addend);
    rows.set(keyOf(key), next);
  }
};

const key = fc.record({ org: fc.constantFrom('a', 'b'), day: fc.constantFrom(1, 2) });
const rest = { name: fc.string({ maxLength: 3 }), note: fc.option(fc.string({ maxLength: 3 })) };
const runs = fc.integer({ min: -5, max: 5 });
const cost = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
const row = fc.record({ ...rest, runs, cost: cost.map(String) });
const put = fc.tuple(key, row).map(([k, r]) => ({ put: { ...k, ...r } }));
const drop = key.map((k) => ({ drop: k }));
const patch = fc
  .record(
    {
      patch: key,
      set: fc.record({ ...rest, runs, cost: cost.map(String) }, { requiredKeys: [] }),
      add: fc.record({ runs, cost }, { requiredKeys: [] }),
      from: fc.record(rest),
    },
    { requiredKeys: ['patch'] },
  )
  .map((change) => change);
// The generator gives plain strings where the columns brand them.
const change = fc.oneof(put, drop, patch, patch) as fc.Arbitrary<Step>;

const after = (rows: Rows): unknown => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

describe('effects', () => {
  it('merged and then applied leave what the changes leave one by one', () => {
    fc.assert(
      fc.property(fc.array(row.chain((r) => key.map((k) => ({ ...k, ...r })))), fc.array(change, { maxLength: 20 }), (start, changes) => {
        const rows = (): Rows => new Map(start.map((cells) => [keyOf(cells), cells]));
        const byStep = rows();
        for (const one of changes) step(byStep, one);
        const byEffect = rows();
        const effects = new Effects(tallies);
        for (const one of changes) effects.add(one);
        for (const wave of effects.waves()) for (const effect of wave) run(byEffect, effect);
        expect(after(byEffect)).toEqual(after(byStep));
      }),
      { numRuns: 2_000 },
    );
  });

  it('touch each row once in a wave, and need a second wave only where a row may not be there', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const effects = new Effects(tallies);
        for (const one of changes) effects.add(one);
        for (const wave of effects.waves()) {
          const keys = wave.map((effect) => keyOf(effect.kind === 'put' || effect.kind === 'upsert' ? effect.row : effect.key));
          expect(new Set(keys).size).toBe(keys.length);
        }
      }),
    );
  });

  it('of a hundred increments of one row are one', () => {
    const effects = new Effects(tallies);
    for (let i = 0; i < 100; i += 1)
      effects.add({ patch: { org: 'a', day: 1 }, add: { runs: 1, cost: 2n }, from: { name: 'a', note: null } });
    expect(effects.waves()).toEqual([
      [
        {
          kind: 'upsert',
          row: { org: 'a', day: 1, name: 'a', note: null, runs: 100, cost: '200' },
          set: {},
          add: { runs: 100, cost: 200n },
        },
      ],
    ]);
  });
});
