import { identity } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';

const { OrgDeleted, UserDeleted } = identity.IdentityEvents;

/** Longer than it takes to go through all that somebody did. */
const deadlineMs = 300_000;

const forgetReader = 'DELETE FROM audit_entries WHERE scope = $1';
const forgetOrigins =
  'UPDATE audit_entries SET origin = NULL, ip_mac = NULL, person = NULL, awaits_origin = false WHERE person = $1::text OR (awaits_origin AND actor_id = $1::text)';

/**
 * When a person is erased, what they read goes, and what others read of them stays without where they were. The keys that their
 * origins are sealed with go as well: in the logs, and in copies of this table.
 */
export const auditErasingConsumer = (): Consumer =>
  consumer({
    service: 'identity',
    name: 'audit-erasing',
    events: [UserDeleted, OrgDeleted],
    order: 'none',
    deadlineMs,
    write: async ({ event }, client) => {
      if (event.type === 'OrgDeleted') {
        await client.query(forgetReader, [event.data.orgId]);
        return;
      }
      await client.query(forgetReader, [event.data.userId]);
      await client.query(forgetOrigins, [event.data.userId]);
    },
  });
