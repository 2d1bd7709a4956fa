import type { Cells } from './change.ts';
import { columnName } from './columns.ts';
import type { Effect, Effects } from './effect.ts';
import { type Step, statementOf } from './pipeline.ts';
import { type CellText, RowStatement } from './row-statement.ts';
import type { Table } from './table.ts';

export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
const sqlName = (column: string): string => quoted(columnName(column));

/** `"run_id" uuid NOT NULL, …`, with the primary key. */
export const createTableSql = ({ columns, key }: Table, name: string): string => {
  const lines = Object.entries(columns).map(([column, { sql, nullable }]) => `${sqlName(column)} ${sql}${nullable ? '' : ' NOT NULL'}`);
  return `CREATE TABLE ${quoted(name)} (${lines.join(', ')}, PRIMARY KEY (${key.map(sqlName).join(', ')})) WITH (fillfactor = 85)`;
};

const matching = (key: readonly string[]): string => key.map((column) => `t.${sqlName(column)} = r.${quoted(column)}`).join(' AND ');

const assignments = ({ set, add }: Shape): string =>
  [
    ...set.map((column) => `${sqlName(column)} = r.${quoted(column)}`),
    ...add.map((column) => `${sqlName(column)} = coalesce(t.${sqlName(column)}, 0) + r.${quoted(column)}`),
  ].join(', ');

interface Shape {
  readonly set: readonly string[];
  readonly add: readonly string[];
}

interface Kind {
  readonly kind: Effect['kind'];
  readonly shape: Shape;
}

/** The text of each kind of change, given where its rows come from. */
const textOf = ({ columns, key }: Table, name: string, { kind, shape }: Kind): ((source: string) => string) => {
  const all = Object.keys(columns);
  const into = `INSERT INTO ${quoted(name)} AS t (${all.map(sqlName).join(', ')}) SELECT ${all.map((column) => `r.${quoted(column)}`).join(', ')}`;
  const conflict = `ON CONFLICT (${key.map(sqlName).join(', ')}) DO`;
  const updateOr = (assigned: readonly string[]): string => (assigned.length > 0 ? `UPDATE SET ${assigned.join(', ')}` : 'NOTHING');
  const excluded = (names: readonly string[]): readonly string[] =>
    names.map((column) => `${sqlName(column)} = excluded.${sqlName(column)}`);
  switch (kind) {
    case 'put': {
      const rest = all.filter((column) => !key.includes(column));
      return (source) => `${into} FROM ${source} ${conflict} ${updateOr(excluded(rest))}`;
    }
    case 'upsert': {
      // Columns that are added to start from zero, so what would be inserted is what is to be added.
      const sums = shape.add.map((column) => `${sqlName(column)} = coalesce(t.${sqlName(column)}, 0) + excluded.${sqlName(column)}`);
      return (source) => `${into} FROM ${source} ${conflict} ${updateOr([...excluded(shape.set), ...sums])}`;
    }
    case 'patch':
      return (source) => `UPDATE ${quoted(name)} t SET ${assignments(shape)} FROM ${source} WHERE ${matching(key)}`;
    case 'drop':
      return (source) => `DELETE FROM ${quoted(name)} t USING ${source} WHERE ${matching(key)}`;
  }
};

const noShape: Shape = { set: [], add: [] };

const shapeOf = (effect: Effect): Shape =>
  effect.kind === 'patch' || effect.kind === 'upsert'
    ? { set: Object.keys(effect.set).sort(), add: Object.keys(effect.add).sort() }
    : noShape;

const cellsOf = (effect: Effect): Cells => {
  switch (effect.kind) {
    case 'put':
    case 'upsert':
      return effect.row;
    case 'drop':
      return effect.key;
    case 'patch':
      return { ...effect.key, ...effect.set, ...effect.add };
  }
};

const columnsOf = ({ columns, key }: Table, { kind, shape }: Kind): readonly string[] => {
  if (kind === 'put' || kind === 'upsert') return Object.keys(columns);
  return kind === 'drop' ? key : [...key, ...shape.set, ...shape.add];
};

const cellText = (cell: unknown): CellText => {
  if (cell === null || cell === undefined) return null;
  if (cell instanceof Date) return cell.toISOString();
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
};

const maxShapes = 64;

/** A kind of change, its columns, and the statement for them. */
class Writer {
  private readonly names: readonly string[];
  private readonly statement: RowStatement;

  constructor(table: Table, name: string, kind: Kind, isKept: boolean) {
    this.names = columnsOf(table, kind);
    const columns = this.names.map((column) => ({ name: column, type: table.columns[column]?.sql ?? 'text' }));
    this.statement = new RowStatement(columns, textOf(table, name, kind), isKept ? statementOf : (text) => ({ name: '', text }));
  }

  step(rows: readonly Cells[]): Step {
    return this.statement.step(rows.map((row) => this.names.map((name) => cellText(row[name]))));
  }
}

/** Writes effects into one table: one statement per kind and shape of change, however many rows. */
export class TableWriter {
  private readonly table: Table;
  private readonly name: string;
  private readonly writers = new Map<string, Writer>();

  /** `name` differs from the table's own while it is built anew beside itself. */
  constructor(table: Table, name: string = table.table) {
    this.table = table;
    this.name = name;
  }

  steps(effects: Effects): readonly Step[] {
    return effects.waves().flatMap((wave) => this.stepsOf(wave));
  }

  /** Kinds in one order for everyone, as rows and tables are: two transactions then wait for each other one way only. */
  private stepsOf(wave: readonly Effect[]): readonly Step[] {
    const groups = new Map<string, { readonly writer: Writer; readonly rows: Cells[] }>();
    for (const effect of wave) {
      const shape = shapeOf(effect);
      // A patch of nothing.
      if (effect.kind === 'patch' && shape.set.length + shape.add.length === 0) continue;
      const id = `${effect.kind} ${shape.set} + ${shape.add}`;
      const group = groups.get(id);
      if (group) group.rows.push(cellsOf(effect));
      else groups.set(id, { writer: this.writerFor(id, { kind: effect.kind, shape }), rows: [cellsOf(effect)] });
    }
    const inOrder = groups.size > 1 ? [...groups].sort(([a], [b]) => (a < b ? -1 : 1)) : [...groups];
    return inOrder.map(([, { writer, rows }]) => writer.step(rows));
  }

  private writerFor(id: string, kind: Kind): Writer {
    const known = this.writers.get(id);
    if (known) return known;
    const isKept = this.writers.size < maxShapes;
    const writer = new Writer(this.table, this.name, kind, isKept);
    if (isKept) this.writers.set(id, writer);
    return writer;
  }
}
