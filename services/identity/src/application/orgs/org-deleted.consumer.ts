import { identity } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import type { WindingUp } from './winding-up.ts';

const { OrgDeleted } = identity.IdentityEvents;

/** Longer than a large organization takes. */
const deadlineMs = 300_000;

/** The end of an organization has consequences that must come about even where this process dies in the middle of them. */
export const orgDeletedConsumer = (windingUp: WindingUp): Consumer =>
  consumer({
    service: 'identity',
    name: 'org-deleted',
    events: [OrgDeleted],
    deadlineMs,
    react: async ({ event }, { context }) => {
      await windingUp.windUp(event.data.orgId, context);
      return undefined;
    },
  });
