import type { NanosText } from '@orrery/contracts';

/** One typed column: what it is in SQL, and in a row of ours. `A` is what may be added to it. */
export interface Column<T = unknown, A = unknown> {
  readonly sql: string;
  readonly nullable: boolean;
  /** Makes our cell out of what the driver gives. */
  readonly read: (cell: unknown) => T;
  /** Present where increments make sense: what an absent cell counts as. */
  readonly zero?: A;
}

export type Columns = Readonly<Record<string, Column>>;
export type RowOf<C extends Columns> = { readonly [N in keyof C]: C[N] extends Column<infer T> ? T : never };
export type AddOf<C extends Columns> = { readonly [N in keyof C as Addend<C[N]> extends never ? never : N]?: Addend<C[N]> };
type Addend<X> = X extends Column<unknown, infer A> ? A : never;

// The driver gives the JavaScript type of the SQL type named beside it; each cast says no more than that.
export const text = <T extends string = string>(): Column<T, never> => ({ sql: 'text', nullable: false, read: (cell) => cell as T });
export const uuid = <T extends string = string>(): Column<T, never> => ({ sql: 'uuid', nullable: false, read: (cell) => cell as T });
export const boolean = (): Column<boolean, never> => ({ sql: 'boolean', nullable: false, read: (cell) => cell === true });
/** A JSON value; `null` inside it is SQL's NULL at the top. */
export const json = <T extends object>(): Column<T, never> => ({ sql: 'jsonb', nullable: false, read: (cell) => cell as T });
/** UTC, RFC 3339, milliseconds: the contracts' `Instant`. */
export const instant = (): Column<string, never> => ({
  sql: 'timestamptz(3)',
  nullable: false,
  read: (cell) => (cell instanceof Date ? cell.toISOString() : String(cell)),
});
/** A whole number up to 2⁵³. */
export const integer = (): Column<number, number> => ({
  sql: 'bigint',
  nullable: false,
  read: Number,
  zero: 0,
});
/** A measured number; not for money, and not to be added to: floats do not add up the same in every order. */
export const real = (): Column<number, never> => ({ sql: 'double precision', nullable: false, read: Number });
/** Money in nano-units, of any size. */
export const nanos = (): Column<NanosText, bigint> => ({
  sql: 'numeric(38,0)',
  nullable: false,
  read: (cell) => cell as NanosText,
  zero: 0n,
});

export const nullable = <T, A>(column: Column<T, A>): Column<T | null, A> => ({
  ...column,
  nullable: true,
  read: (cell) => (cell === null ? null : column.read(cell)),
});

/** `endedAt` in a row is `ended_at` in SQL. */
export const columnName = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
