import { rowsIn } from '../row.ts';

export const base = '/api';

export type Json = null | boolean | number | string | undefined | readonly Json[] | { readonly [name: string]: Json };

/** A row of this API, for bearers and browsers alike: always answered with 200, and what it gives lies in `data`. */
export const row = rowsIn<Json>({
  under: (path) => `${base}${path}`,
  textOf: (data) => JSON.stringify({ ok: true, data }),
  takesCookie: true,
});
