import type { Cells, Change } from './change.ts';
import type { Columns } from './columns.ts';
import type { Table } from './table.ts';

type Addend = number | bigint;
type Mutable = Record<string, unknown>;

/** What changes come to for one row. `upsert`: where there is no row, insert `row` with the patch applied; else the patch alone. */
export type Effect =
  | { readonly kind: 'put'; readonly row: Cells }
  | { readonly kind: 'drop'; readonly key: Cells }
  | ({ readonly kind: 'patch'; readonly key: Cells } & Patch)
  | ({ readonly kind: 'upsert'; readonly row: Cells } & Patch);

/** No column is in both: an addition to a column that is set has been summed already. */
interface Patch {
  readonly set: Cells;
  readonly add: Readonly<Record<string, Addend>>;
}

/** A cell after an addition; bigint columns travel as decimal text. */
const sum = (cell: unknown, addend: Addend): unknown =>
  typeof addend === 'bigint'
    ? (BigInt(cell === null || cell === undefined ? 0 : String(cell)) + addend).toString()
    : Number(cell ?? 0) + addend;

const applied = (row: Cells, { set, add }: Patch): Cells => {
  const next: Mutable = { ...row, ...set };
  for (const [column, addend] of Object.entries(add)) next[column] = sum(next[column], addend);
  return next;
};

const both = (a: Addend, b: Addend): Addend => (typeof a === 'bigint' ? a + BigInt(b) : a + Number(b));

/** First one patch, then the other, as one. */
const joined = (first: Patch, second: Patch): Patch => {
  const set: Mutable = { ...first.set, ...second.set };
  const add: Record<string, Addend> = {};
  for (const [column, addend] of Object.entries(first.add)) if (!(column in second.set)) add[column] = addend;
  for (const [column, addend] of Object.entries(second.add)) {
    if (column in set) set[column] = sum(set[column], addend);
    else add[column] = column in add ? both(add[column] ?? 0, addend) : addend;
  }
  return { set, add };
};

const zeros = (columns: Columns): Cells =>
  Object.fromEntries(
    Object.entries(columns).flatMap(([name, { zero }]) => (zero === undefined ? [] : [[name, typeof zero === 'bigint' ? '0' : zero]])),
  );

const effectOf = (change: Change, columns: Columns): Effect => {
  if ('put' in change) return { kind: 'put', row: change.put };
  if ('drop' in change) return { kind: 'drop', key: change.drop };
  // `add` is typed by the columns of its table: numbers and bigints, nothing else.
  const patch = joined({ set: change.set ?? {}, add: {} }, { set: {}, add: (change.add ?? {}) as Patch['add'] });
  if (!change.from) return { kind: 'patch', key: change.patch, ...patch };
  return { kind: 'upsert', row: applied({ ...zeros(columns), ...change.from, ...change.patch }, patch), ...patch };
};

/**
 * One effect after another on the same row, as one. Undefined for the one pair that cannot be: a patch of a row that may be
 * absent, then a patch that would create it, differ in what they leave behind.
 */
const after = (first: Effect, second: Effect): Effect | undefined => {
  if (second.kind === 'put' || second.kind === 'drop') return second;
  switch (first.kind) {
    case 'put':
      return { kind: 'put', row: applied(first.row, second) };
    case 'drop':
      return second.kind === 'patch' ? first : { kind: 'put', row: second.row };
    case 'patch':
      return second.kind === 'patch' ? { kind: 'patch', key: first.key, ...joined(first, second) } : undefined;
    case 'upsert':
      return { kind: 'upsert', row: applied(first.row, second), ...joined(first, second) };
  }
};

const cellsOf = (effect: Effect): Cells => (effect.kind === 'put' || effect.kind === 'upsert' ? effect.row : effect.key);

/** The effects on one table, merged per row. */
export class Effects {
  private readonly table: Table;
  private readonly byKey = new Map<string, Effect[]>();

  constructor(table: Table) {
    this.table = table;
  }

  add(change: Change): void {
    const next = effectOf(change, this.table.columns);
    const key = this.keyOf(next);
    const effects = this.byKey.get(key);
    const last = effects?.at(-1);
    if (!effects || !last) {
      this.byKey.set(key, [next]);
      return;
    }
    const merged = after(last, next);
    if (merged) effects[effects.length - 1] = merged;
    else effects.push(next);
  }

  /**
   * Effects to be written one wave after another; in a wave each row occurs once, so its order is free. Rows are in the order of
   * their keys, so that two writers take their locks in the same order.
   */
  waves(): readonly (readonly Effect[])[] {
    const rows = [...this.byKey].sort(([a], [b]) => (a < b ? -1 : 1));
    const waves: Effect[][] = [];
    for (const [, effects] of rows) {
      for (const [wave, effect] of effects.entries()) {
        const started = waves[wave];
        if (started) started.push(effect);
        else waves[wave] = [effect];
      }
    }
    return waves;
  }

  private keyOf(effect: Effect): string {
    const cells = cellsOf(effect);
    const [only, ...rest] = this.table.key;
    if (only !== undefined && rest.length === 0) return String(cells[only]);
    return JSON.stringify(this.table.key.map((column) => String(cells[column])));
  }
}
