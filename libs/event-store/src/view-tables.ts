import { hash } from 'node:crypto';
import { columnName } from './columns.ts';
import { createTableSql, quoted } from './table-sql.ts';
import type { View } from './view.ts';

/** PostgreSQL cuts longer names off without a word. */
const maxNameLength = 63;

/** Says whether a table was built by this declaration. What `fold` does cannot be seen: that is what `version` is for. */
export const fingerprintOf = ({ columns, key, indexes = [], version = 1 }: View): string => {
  const shapes = Object.entries(columns).map(([name, { sql, nullable }]) => [name, sql, nullable]);
  return hash('sha256', JSON.stringify([shapes, key, indexes, version])).slice(0, 32);
};

/** The table under construction beside the live one. */
export const nextTable = ({ table }: View): string => `${table}__next`;

const indexName = (table: string, columns: readonly string[]): string => {
  const name = `${table}_by_${columns.map(columnName).join('_')}`;
  return name.length <= maxNameLength - '__next'.length ? name : `${table.slice(0, 30)}_by_${hash('sha256', name).slice(0, 16)}`;
};

export const createNext = (view: View): string =>
  `DROP TABLE IF EXISTS ${quoted(nextTable(view))}; ${createTableSql(view, nextTable(view))}`;

/** After the rows are in: an index is built faster than it is kept. */
export const indexNext = (view: View): string =>
  [
    ...(view.indexes ?? []).map((columns) => {
      const list = columns.map((column) => quoted(columnName(column))).join(', ');
      return `CREATE INDEX ${quoted(`${indexName(view.table, columns)}__next`)} ON ${quoted(nextTable(view))} (${list})`;
    }),
    `ANALYZE ${quoted(nextTable(view))}`,
  ].join('; ');

/** Puts the new table in the place of the old one. */
export const swapNext = (view: View): string =>
  [
    `DROP TABLE IF EXISTS ${quoted(view.table)}`,
    `ALTER TABLE ${quoted(nextTable(view))} RENAME TO ${quoted(view.table)}`,
    `ALTER INDEX ${quoted(`${nextTable(view)}_pkey`)} RENAME TO ${quoted(`${view.table}_pkey`)}`,
    ...(view.indexes ?? []).map((columns) => {
      const name = indexName(view.table, columns);
      return `ALTER INDEX ${quoted(`${name}__next`)} RENAME TO ${quoted(name)}`;
    }),
  ].join('; ');

/** Rows that only one of the two tables has. */
export const countDifferences = (view: View): string => {
  const live = `TABLE ${quoted(view.table)}`;
  const next = `TABLE ${quoted(nextTable(view))}`;
  return `SELECT count(*)::int AS different FROM ((${live} EXCEPT ALL ${next}) UNION ALL (${next} EXCEPT ALL ${live})) AS d`;
};
