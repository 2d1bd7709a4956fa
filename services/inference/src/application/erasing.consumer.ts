import { identity, inference, instantOf, OrgId, UserId } from '@orrery/contracts';
import { type Consumer, consumer, type EventStore, erasePerson, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { Settings } from '../domain/settings.ts';
import { dropSaidBy, dropSaidIn } from '../views/content.ts';
import { forgetEndUsersIn, forgetEndUsersOf } from '../views/end-users.ts';
import { settingsOf } from '../views/settings.view.ts';

const { UserDeleted, OrgDeleted } = identity.IdentityEvents;

/** Longer than it takes to delete all that somebody said. */
const deadlineMs = 300_000;

/**
 * Forgets persons and organizations, what was said by and in them, and for whom. What is still on its way when an organization ends finds that nothing is to be
 * kept of it any more.
 */
export const erasingConsumer = (store: EventStore): Consumer => {
  const settings = handleWith(store, Settings, { name: 'inference-settings' });
  return consumer({
    service: 'inference',
    name: 'erasing',
    events: [UserDeleted, OrgDeleted],
    order: 'none',
    deadlineMs,
    react: async ({ event }, { context, inbox }) => {
      if (event.type === 'UserDeleted') {
        const userId = UserId.parse(event.data.userId);
        await dropSaidBy(store, userId);
        await forgetEndUsersOf(store, userId);
        await erasePerson(store, userId);
        return undefined;
      }
      const orgId = OrgId.parse(event.data.orgId);
      const kept = (await settingsOf(store, orgId))?.settings.logging;
      if (kept?.policy === 'full') {
        const command = { type: 'Set', orgId, sections: { logging: inference.usualLogging }, at: instantOf(systemClock.now()) } as const;
        const once = { ...inbox, consumer: `${inbox.consumer}.settings` };
        await settings(`inference-settings-${orgId}`, command, { ...context, orgId }, { inbox: once });
      }
      await dropSaidIn(store, orgId);
      await forgetEndUsersIn(store, orgId);
      await erasePerson(store, orgId);
      return undefined;
    },
  });
};
