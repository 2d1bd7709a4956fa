import type { EventOf } from '../define.ts';
import { ApiKeyEvents } from './keys/events.ts';
import { OrgEvents } from './orgs/events.ts';
import { SessionEvents } from './sessions/events.ts';
import { UserEvents } from './users/events.ts';

/** Everything that identity's log may hold. */
export const IdentityEvents = { ...UserEvents, ...SessionEvents, ...OrgEvents, ...ApiKeyEvents };
export type IdentityEvent = EventOf<typeof IdentityEvents>;
