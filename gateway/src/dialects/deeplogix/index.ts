import type { Dialect } from '../../dialect.ts';
import { chat, models } from './catalog.ts';
import { deeplogixError } from './error.ts';
import { oauthApps } from './oauth-apps.ts';
import { base } from './row.ts';
import { session } from './session.ts';
import { user } from './user.ts';

/** The Deeplogix API, a view of the same operations. Other published APIs lie below the same base, so this one names what is its own. */
export const deeplogix = ({ publicUrl }: { readonly publicUrl: string }): Dialect => ({
  name: 'deeplogix',
  bases: ['user', 'model', 'public'].map((part) => `${base}/${part}`),
  routes: [...session({ publicUrl }), ...user, ...oauthApps, ...models, chat],
  error: deeplogixError,
});
