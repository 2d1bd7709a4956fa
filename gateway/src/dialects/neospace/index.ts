import type { Dialect } from '../../dialect.ts';
import { neospaceKeyHeader } from '../key-headers.ts';
import { neospaceError } from './error.ts';
import { inferenceLogs } from './inference-logs.ts';
import { base } from './row.ts';
import { spaces } from './spaces.ts';
import { users } from './users.ts';

/** The NeoSpace API, a view of the same operations. */
export const neospace = (): Dialect => ({
  name: 'neospace',
  bases: [base],
  header: neospaceKeyHeader,
  routes: [...spaces, ...users, ...inferenceLogs],
  error: neospaceError,
});
