import { rowsIn } from '../row.ts';
import { stringify, type Writable } from './json.ts';

export const apiBase = '/api/v2/external';

export const under = (path: string): string => (path.startsWith('/api/') ? path : `${apiBase}${path}`);

/** A row of this API: after the base, unless its path begins with `/api`; always answered with 200. */
export const row = rowsIn<Writable>({
  under,
  textOf: stringify,
  placesIn: (path) => (path.startsWith('/orgs/{slug}') ? { orgField: 'slug' } : {}),
});
