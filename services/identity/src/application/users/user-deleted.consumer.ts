import { identity } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import type { Deletions } from './deletions.ts';

const { UserDeleted } = identity.IdentityEvents;

/** Longer than it takes to leave many organizations, and to fold the rows of all that happened in them. */
const deadlineMs = 300_000;

/** What identity itself holds of somebody goes, even where the process dies that has answered that the account is deleted. */
export const userDeletedConsumer = (deletions: Deletions): Consumer =>
  consumer({
    service: 'identity',
    name: 'user-deleted',
    events: [UserDeleted],
    deadlineMs,
    react: async ({ event }, { context }) => {
      await deletions.erase(event.data, context);
      return undefined;
    },
  });
