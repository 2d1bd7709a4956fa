import type { Cells } from './change.ts';
import { type Columns, columnName } from './columns.ts';
import type { Effect, Effects } from './effect.ts';
import { type Statement, type Step, statementOf } from './pipeline.ts';
import type { Table } from './table.ts';

export const quoted = (identifier: string): string => `"${identifier.replaceAll('"', '""')}"`;
const sqlName = (column: string): string => quoted(columnName(column));

/** `"run_id" uuid NOT NULL, …`, with the primary key. */
export const createTableSql = ({ columns, key }: Table, name: string): string => {
  const lines = Object.entries(columns).map(([column, { sql, nullable }]) => `${sqlName(column)} ${sql}${nullable ? '' : ' NOT NULL'}`);
  return `CREATE TABLE ${quoted(name)} (${lines.join(', ')}, PRIMARY KEY (${key.map(sqlName).join(', ')})) WITH (fillfactor = 85)`;
};

/** `json_to_recordset` with the types of some columns: one parameter, however many rows. */
const recordset = (columns: Columns, names: readonly string[]): string =>
  `json_to_recordset($1::json) AS r(${names.map((name) => `${quoted(name)} ${columns[name]?.sql ?? 'text'}`).join(', ')})`;

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

const putSql = ({ columns, key }: Table, name: string): string => {
  const all = Object.keys(columns);
  const rest = all.filter((column) => !key.includes(column));
  const update = rest.map((column) => `${sqlName(column)} = excluded.${sqlName(column)}`).join(', ');
  return `INSERT INTO ${quoted(name)} (${all.map(sqlName).join(', ')})
    SELECT ${all.map((column) => `r.${quoted(column)}`).join(', ')} FROM ${recordset(columns, all)}
    ON CONFLICT (${key.map(sqlName).join(', ')}) DO ${rest.length > 0 ? `UPDATE SET ${update}` : 'NOTHING'}`;
};

const dropSql = ({ columns, key }: Table, name: string): string =>
  `DELETE FROM ${quoted(name)} t USING ${recordset(columns, key)} WHERE ${matching(key)}`;

const patchSql = ({ columns, key }: Table, name: string, shape: Shape): string =>
  `UPDATE ${quoted(name)} t SET ${assignments(shape)} FROM ${recordset(columns, [...key, ...shape.set, ...shape.add])} WHERE ${matching(key)}`;

/** Columns that are added to start from zero, so what would be inserted is what is to be added. */
const upsertSql = ({ columns, key }: Table, name: string, { set, add }: Shape): string => {
  const all = Object.keys(columns);
  const update = [
    ...set.map((column) => `${sqlName(column)} = excluded.${sqlName(column)}`),
    ...add.map((column) => `${sqlName(column)} = coalesce(t.${sqlName(column)}, 0) + excluded.${sqlName(column)}`),
  ].join(', ');
  return `INSERT INTO ${quoted(name)} AS t (${all.map(sqlName).join(', ')})
    SELECT ${all.map((column) => `r.${quoted(column)}`).join(', ')} FROM ${recordset(columns, all)}
    ON CONFLICT (${key.map(sqlName).join(', ')}) DO ${update === '' ? 'NOTHING' : `UPDATE SET ${update}`}`;
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

/** Amounts of any size travel as text: JSON numbers would lose their last digits. */
const plain = (_key: string, cell: unknown): unknown => (typeof cell === 'bigint' ? cell.toString() : cell);

const maxShapes = 64;

/** Writes effects into one table: one statement per kind and shape of change, however many rows. */
export class TableWriter {
  private readonly table: Table;
  private readonly name: string;
  private readonly statements = new Map<string, Statement>();

  /** `name` differs from the table's own while it is built anew beside itself. */
  constructor(table: Table, name = table.table) {
    this.table = table;
    this.name = name;
  }

  steps(effects: Effects): readonly Step[] {
    return effects.waves().flatMap((wave) => this.stepsOf(wave));
  }

  private stepsOf(wave: readonly Effect[]): readonly Step[] {
    const groups = new Map<string, { readonly statement: Statement; readonly rows: Cells[] }>();
    for (const effect of wave) {
      const shape = shapeOf(effect);
      // A patch of nothing.
      if (effect.kind === 'patch' && shape.set.length + shape.add.length === 0) continue;
      const id = `${effect.kind} ${shape.set} + ${shape.add}`;
      const group = groups.get(id) ?? { statement: this.statement(id, effect.kind, shape), rows: [] };
      groups.set(id, group);
      group.rows.push(cellsOf(effect));
    }
    return [...groups.values()].map(({ statement, rows }) => ({ statement, values: [JSON.stringify(rows, plain)] }));
  }

  private statement(id: string, kind: Effect['kind'], shape: Shape): Statement {
    const known = this.statements.get(id);
    if (known) return known;
    const text = this.textOf(kind, shape);
    if (this.statements.size >= maxShapes) return { name: '', text };
    const statement = statementOf(text);
    this.statements.set(id, statement);
    return statement;
  }

  private textOf(kind: Effect['kind'], shape: Shape): string {
    switch (kind) {
      case 'put':
        return putSql(this.table, this.name);
      case 'drop':
        return dropSql(this.table, this.name);
      case 'patch':
        return patchSql(this.table, this.name, shape);
      case 'upsert':
        return upsertSql(this.table, this.name, shape);
    }
  }
}
