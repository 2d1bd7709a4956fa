import type { Dialect } from '../../dialect.ts';
import { authentication } from './authentication.ts';
import { lmstackError } from './error.ts';
import { keys } from './keys.ts';
import { models } from './models.ts';
import { users } from './users.ts';

/** The LMStack API, a view of the same operations. It shares `/api` with others, so it names what is its own. */
export const lmstack = (): Dialect => ({
  name: 'lmstack',
  bases: ['/api/auth', '/api/users', '/api/api-keys', '/api/models'],
  routes: [...authentication, ...users, ...keys, ...models],
  error: lmstackError,
});
