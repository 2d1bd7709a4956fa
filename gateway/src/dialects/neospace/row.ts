import { neospaceKeyHeader } from '../key-headers.ts';
import { rowsIn } from '../row.ts';

export const base = '/v1';

export type Json = null | boolean | number | string | undefined | readonly Json[] | { readonly [name: string]: Json };

/** A row of this API. The path names a space where it is about one. */
export const row = rowsIn<Json>({
  under: (path) => `${base}${path}`,
  textOf: (value) => JSON.stringify(value ?? {}),
  keyHeaders: [neospaceKeyHeader],
  placesIn: (path) => (path.startsWith('/spaces/{id}') ? { spaceField: 'id' } : {}),
});
