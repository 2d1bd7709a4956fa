import { identity } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import type { Snapshots } from '../snapshots.ts';
import type { ApiKeys } from './api-keys.ts';

const { OrgDeleted, UserDeactivated, UserDeleted, UserReactivated } = identity.IdentityEvents;

/** Longer than it takes to revoke as many keys as there may be. */
const deadlineMs = 120_000;

/** What becomes of keys when those become something else whose they are: also where a process dies right after it has answered. */
export const keyOwnersConsumer = (keys: ApiKeys, snapshots: Snapshots): Consumer =>
  consumer({
    service: 'identity',
    name: 'key-owners',
    events: [OrgDeleted, UserDeactivated, UserDeleted, UserReactivated],
    deadlineMs,
    react: async ({ event }, { context }) => {
      if (event.type === 'OrgDeleted') {
        const { orgId } = event.data;
        await keys.revokeAllOf({ orgId }, { ...context, orgId });
        return undefined;
      }
      const { userId } = event.data;
      if (event.type === 'UserDeleted') await keys.revokeAllOf({ userId }, context);
      await snapshots.keysOfChanged(userId);
      return undefined;
    },
  });
