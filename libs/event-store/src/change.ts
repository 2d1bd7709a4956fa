/**
 * One step of a table: a whole row, part of one, or its end.
 *
 * - `put`: the row is this now, whatever it was.
 * - `patch`: of the row with this key, `set` some columns and `add` to others. An absent row stays absent, unless `from` says
 *   what it starts from: the patch is then applied to that. Columns that can be added to start from zero, so `from` leaves them out.
 * - `drop`: the row with this key is gone.
 */
export type Change<R extends object = Cells, K extends keyof R = keyof R, A extends object = Cells> =
  | { readonly put: R }
  | {
      readonly patch: Pick<R, K>;
      readonly set?: Partial<Omit<R, K>>;
      readonly add?: A;
      readonly from?: Omit<R, K | keyof A>;
    }
  | { readonly drop: Pick<R, K> };

/** A row whose columns nobody has named yet. */
export type Cells = Readonly<Record<string, unknown>>;
