import pg from 'pg';
import type { Cells } from './change.ts';
import { columnName } from './columns.ts';
import { cellsOf, cursorOf, InvalidCursor } from './cursor.ts';
import { statementOf } from './pipeline.ts';
import type { Table, TableRow } from './table.ts';
import { quoted } from './table-sql.ts';
import { Conditions, type Where } from './where.ts';

export interface Order<C extends string> {
  /** Columns that are never null; the key is added, so that no two rows are equal. */
  readonly by: readonly C[];
  readonly direction?: 'asc' | 'desc';
}

export interface PageOf<R> {
  // Not readonly: an answer of an operation is a page, and the types of answers are plain.
  readonly items: R[];
  readonly nextCursor?: string;
}

interface Listing<T extends Table> {
  readonly where?: Where<TableRow<T>>;
  readonly order: Order<keyof T['columns'] & string>;
  readonly limit: number;
}

const sqlName = (column: string): string => quoted(columnName(column));
/** invalid_text_representation, invalid_datetime_format, datetime_field_overflow, numeric_value_out_of_range */
const unreadable = new Set(['22P02', '22007', '22008', '22003']);

/** The queries on one table. Rows come typed as the table's columns say. */
export class TableReader<T extends Table> {
  private readonly pool: pg.Pool;
  private readonly table: T;
  /** `"run_id" AS "runId", …` for a query of your own; give its rows to `read`. */
  readonly columns: string;

  constructor(pool: pg.Pool, table: T) {
    this.pool = pool;
    this.table = table;
    this.columns = Object.keys(table.columns)
      .map((column) => `${sqlName(column)} AS ${quoted(column)}`)
      .join(', ');
  }

  /** The first row that matches: by key, there is no other. */
  async one(where: Where<TableRow<T>>): Promise<TableRow<T> | undefined> {
    const conditions = new Conditions().where(where);
    const [row] = await this.rows(`SELECT ${this.columns} FROM ${quoted(this.table.table)} ${conditions.sql} LIMIT 1`, conditions.values);
    return row;
  }

  /** A page after a cursor: as quick at the end of a long list as at its beginning, and steady while rows come and go. */
  async page(listing: Listing<T> & { readonly cursor?: string | undefined }): Promise<PageOf<TableRow<T>>> {
    const { cursor, limit, where = {} } = listing;
    const conditions = new Conditions().where(where);
    const columns = this.orderColumns(listing.order);
    const isDescending = listing.order.direction === 'desc';
    if (cursor !== undefined) {
      const cells = cellsOf(cursor, columns.length).map((cell) => conditions.parameter(cell));
      conditions.push(`(${columns.map(sqlName).join(', ')}) ${isDescending ? '<' : '>'} (${cells.join(', ')})`);
    }
    const rows = await this.ordered(conditions, listing, limit + 1).catch((error: unknown) => {
      // Bounds that cannot be read came with the cursor: the rest is ours.
      if (cursor !== undefined && error instanceof pg.DatabaseError && unreadable.has(error.code ?? '')) {
        throw new InvalidCursor('not a cursor of this list', { cause: error });
      }
      throw error;
    });
    const items = rows.slice(0, limit);
    const last: Cells | undefined = rows.length > limit ? items.at(-1) : undefined;
    return last ? { items, nextCursor: cursorOf(columns.map((column) => last[column])) } : { items };
  }

  /** For published APIs that skip and count. Skipping costs what is skipped. */
  list(listing: Listing<T> & { readonly offset?: number }): Promise<readonly TableRow<T>[]> {
    return this.ordered(new Conditions().where(listing.where ?? {}), listing, listing.limit, listing.offset ?? 0);
  }

  async count(where: Where<TableRow<T>> = {}): Promise<number> {
    const conditions = new Conditions().where(where);
    const { rows } = await this.pool.query<{ count: bigint }>(
      `SELECT count(*) FROM ${quoted(this.table.table)} ${conditions.sql}`,
      conditions.values,
    );
    return Number(rows[0]?.count ?? 0);
  }

  /** Rows of a query that selects `columns`. Parameters only as parameters: never paste a value into the text. */
  async rows(text: string, values: readonly unknown[]): Promise<readonly TableRow<T>[]> {
    const { rows } = await this.pool.query<Cells>({ ...statementOf(text), values: [...values] });
    return rows.map((row) => this.read(row));
  }

  private read(cells: Cells): TableRow<T> {
    const row = Object.entries(this.table.columns).map(([name, column]) => [name, column.read(cells[name])]);
    // Each column read its own cell: together they are a row.
    return Object.fromEntries(row) as TableRow<T>;
  }

  private ordered(conditions: Conditions, { order }: Listing<T>, limit: number, offset = 0): Promise<readonly TableRow<T>[]> {
    const direction = order.direction === 'desc' ? 'DESC' : 'ASC';
    const by = this.orderColumns(order).map((column) => `${sqlName(column)} ${direction}`);
    const bounds = `LIMIT ${conditions.parameter(limit)} OFFSET ${conditions.parameter(offset)}`;
    return this.rows(
      `SELECT ${this.columns} FROM ${quoted(this.table.table)} ${conditions.sql} ORDER BY ${by.join(', ')} ${bounds}`,
      conditions.values,
    );
  }

  private orderColumns({ by }: Order<string>): readonly string[] {
    for (const column of by) {
      if (this.table.columns[column]?.nullable !== false)
        throw new TypeError(`${this.table.table} cannot be listed by ${column}: it may be null`);
    }
    return [...by, ...this.table.key.filter((column) => !by.includes(column))];
  }
}
