import type { EventOf } from '../define.ts';
import { AdministratorEvents } from './administrators/events.ts';
import { AuditEvents } from './audit/events.ts';
import { LinkedIdentityEvents } from './external/events.ts';
import { InviteEvents } from './invites/events.ts';
import { ApiKeyEvents } from './keys/events.ts';
import { MfaEvents } from './mfa/events.ts';
import { OauthEvents } from './oauth/events.ts';
import { OrgEvents } from './orgs/events.ts';
import { PlanEvents } from './plans/events.ts';
import { ProfileEvents } from './profiles/events.ts';
import { SessionEvents } from './sessions/events.ts';
import { SigningEvents } from './signing/events.ts';
import { SpaceEvents } from './spaces/events.ts';
import { UserEvents } from './users/events.ts';

/** Everything that identity's log may hold. */
export const IdentityEvents = {
  ...UserEvents,
  ...AdministratorEvents,
  ...SessionEvents,
  ...SigningEvents,
  ...OrgEvents,
  ...InviteEvents,
  ...SpaceEvents,
  ...ProfileEvents,
  ...ApiKeyEvents,
  ...PlanEvents,
  ...MfaEvents,
  ...AuditEvents,
  ...LinkedIdentityEvents,
  ...OauthEvents,
};
export type IdentityEvent = EventOf<typeof IdentityEvents>;
