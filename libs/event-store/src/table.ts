import type { Change } from './change.ts';
import type { AddOf, Columns, RowOf } from './columns.ts';

/** A table as the store writes and reads it. */
export interface Table<C extends Columns = Columns, K extends keyof C & string = keyof C & string> {
  /** Plural snake_case. */
  readonly table: string;
  readonly columns: C;
  readonly key: readonly K[];
}

export type TableRow<T extends Table> = RowOf<T['columns']>;
/** What may happen to a row of this table. */
export type ChangeOf<T extends Table> = Change<RowOf<T['columns']>, T['key'][number], AddOf<T['columns']>>;

/** Changes for a declared table, in the transaction of the unit that carries them. */
export interface Write {
  readonly into: Table;
  readonly changes: readonly Change[];
}

/** A table that is not folded from events; a migration of its service creates it. */
export const table = <const C extends Columns, const K extends keyof C & string>(declaration: Table<C, K>): Table<C, K> => declaration;

export const write = <T extends Table>(into: T, ...changes: readonly ChangeOf<T>[]): Write => ({ into, changes });
