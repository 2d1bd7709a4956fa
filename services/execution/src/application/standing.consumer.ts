import { identity, OrgId } from '@orrery/contracts';
import { type Consumer, consumer, type EventStore } from '@orrery/event-store';
import { endWork, endWorkMs } from './end-work.ts';

const { OrgSuspended, OrgReinstated, OrgDeleted } = identity.IdentityEvents;

/** Whether an organization may begin work at all. A row remembers which step of the organization it is, so that late news change nothing. */
export const standingConsumer: Consumer = consumer({
  service: 'execution',
  name: 'standing',
  events: [OrgSuspended, OrgReinstated, OrgDeleted],
  write: async ({ event, version }, client) => {
    await client.query(
      `INSERT INTO org_standings AS t (org_id, is_closed, version) VALUES ($1, $2, $3)
       ON CONFLICT (org_id) DO UPDATE SET is_closed = excluded.is_closed, version = excluded.version WHERE t.version < excluded.version`,
      [event.data.orgId, event.type !== 'OrgReinstated', version],
    );
  },
});

/** What an organization has under way ends with it, and while it is suspended: also what began a moment before we heard. */
export const closedConsumer = (store: EventStore): Consumer =>
  consumer({
    service: 'execution',
    name: 'org-closed',
    events: [OrgSuspended, OrgDeleted],
    deadlineMs: endWorkMs,
    react: async ({ event }, reaction) => {
      await endWork(store, { orgId: OrgId.parse(event.data.orgId), by: 'service:identity', reason: 'org-closed' }, reaction);
      return undefined;
    },
  });
