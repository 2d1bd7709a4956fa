import { identity } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import type { OauthApps } from './oauth-apps.ts';
import type { OauthGrants } from './oauth-grants.ts';

const { OrgDeleted, UserDeactivated, UserDeleted } = identity.IdentityEvents;

const deadlineMs = 120_000;

/** Whoever is there no more acts through nothing, and what was theirs goes. */
export const appOwnersConsumer = (apps: OauthApps, grants: OauthGrants): Consumer =>
  consumer({
    service: 'identity',
    name: 'app-owners',
    events: [OrgDeleted, UserDeactivated, UserDeleted],
    deadlineMs,
    react: async ({ event }, { context }) => {
      if (event.type === 'OrgDeleted') {
        const { orgId } = event.data;
        await apps.deleteAllOf({ orgId }, { ...context, orgId });
        return undefined;
      }
      const { userId } = event.data;
      await grants.endAllOf({ userId }, context);
      if (event.type === 'UserDeleted') await apps.deleteAllOf({ userId }, context);
      return undefined;
    },
  });
