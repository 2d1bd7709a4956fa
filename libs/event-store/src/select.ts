import type { DataSource } from 'typeorm';
import { columnName } from './columns.ts';
import type { Table, TableRow } from './table.ts';

/** The part of a query after `FROM <table>`, with `$1`, `$2` … for its values: `WHERE org_id = $1 ORDER BY id LIMIT $2`. */
export interface Tail {
  readonly text: string;
  readonly values?: readonly unknown[];
}

const none: Tail = { text: '' };

/** Rows of a declared table or view, as its columns read them. The one way to read a view. */
export const select = async <T extends Table>(database: DataSource, from: T, { text, values = [] }: Tail = none): Promise<TableRow<T>[]> => {
  const columns = Object.entries(from.columns);
  const list = columns.map(([name]) => `"${columnName(name)}"`).join(', ');
  const rows = await database.query<Record<string, unknown>[]>(`SELECT ${list} FROM "${from.table}" ${text}`, [...values]);
  // Each cell is what its column says it reads; fromEntries forgets which.
  return rows.map((row) => Object.fromEntries(columns.map(([name, { read }]) => [name, read(row[columnName(name)])])) as TableRow<T>);
};

/** One page of rows that were asked for with `LIMIT limit + 1`, and where the next one begins. */
export const pageFrom = <R>(rows: readonly R[], limit: number, cursorOf: (row: R) => string): { items: R[]; nextCursor?: string } => {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, nextCursor: cursorOf(last) } : { items };
};
