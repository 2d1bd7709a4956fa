/** What a column may hold. Instants and big numbers are strings or bigints, as their column says. */
export type Cell = unknown;
export type Row = Readonly<Record<string, Cell>>;

/**
 * One step of a table: the whole row, some columns of it, or its end.
 * A patch of an absent row changes nothing. `add` sums onto numeric columns and may meet `set` of others.
 */
export type Change<R extends object = Row> =
  | { readonly put: R }
  | { readonly patch: Partial<R>; readonly set?: Partial<R>; readonly add?: { readonly [C in keyof R]?: number | bigint } }
  | { readonly drop: Partial<R> };

/** Changes for a declared table, to be written with a unit. */
export interface Write {
  readonly into: { readonly table: string };
  readonly changes: readonly Change[];
}
