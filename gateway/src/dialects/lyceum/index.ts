import { ExportPlaces } from '../../audit/places.ts';
import type { Dialect } from '../../dialect.ts';
import { audit } from './audit.ts';
import { authentication } from './authentication.ts';
import { billing } from './billing.ts';
import { environment } from './environment.ts';
import { lyceumError } from './error.ts';
import { executions } from './executions.ts';
import { hardware } from './hardware.ts';
import { invites } from './invites.ts';
import { keys } from './keys.ts';
import { logs } from './logs.ts';
import { members } from './members.ts';
import { mfa } from './mfa.ts';
import { chat, models, sync } from './models.ts';
import { organizations } from './organizations.ts';
import { apiBase } from './row.ts';

/** The Lyceum API, a view of the same operations. `publicUrl` is where clients are told to find their streams. */
export const lyceum = (
  { publicUrl }: { readonly publicUrl: string },
  { exports = new ExportPlaces() }: { readonly exports?: ExportPlaces } = {},
): Dialect => ({
  name: 'lyceum',
  bases: [apiBase, '/api/v1/stream'],
  routes: [
    ...authentication,
    ...mfa,
    ...keys,
    ...organizations,
    ...members,
    ...invites,
    ...executions(publicUrl.replace(/\/+$/, '')),
    ...environment,
    ...logs,
    ...hardware,
    ...models,
    chat,
    sync,
    ...billing,
    ...audit(exports),
  ],
  error: lyceumError,
});
