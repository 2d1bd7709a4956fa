import { auditFactOf, eventContracts } from '@orrery/contracts';
import { type Consumer, consumer } from '@orrery/event-store';
import { tellingOf } from '../../domain/audit/telling.ts';
import { platformScope } from '../../views/audit/audit-entries.ts';

const contracts = new Map(eventContracts.filter(({ type }) => auditFactOf(type)).map((contract) => [contract.type, contract]));

/**
 * One row for each who may read it: the scopes that are named, and the organizations of the person where it is about them alone. Whoever
 * has been erased reads nothing any more: much of what ends with them is told after that.
 */
const tell = `
  INSERT INTO audit_entries (scope, id, at, action, outcome, actor_kind, actor_id, target_kind, target_id, request_id, trace_id, details,
    source, awaits_origin)
  SELECT scope, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
  FROM (SELECT unnest($1::uuid[]) UNION SELECT org_id FROM members WHERE user_id = $2) AS readers (scope)
  WHERE scope = '${platformScope}' OR EXISTS (SELECT FROM users WHERE id = scope) OR EXISTS (SELECT FROM orgs WHERE id = scope)
  ON CONFLICT DO NOTHING`;

/** Writes every event that is audited, of every service, into the audit trails of those whom it concerns. */
export const auditConsumer = (): Consumer =>
  consumer({
    service: 'identity',
    name: 'audit',
    events: [...contracts.values()],
    // Each is a row of its own, ordered by when it happened.
    order: 'none',
    write: async (recorded, client) => {
      const { type } = recorded.event;
      const [fact, contract] = [auditFactOf(type), contracts.get(type)];
      if (!fact || !contract) return;
      const telling = tellingOf(recorded, fact, contract);
      const { orgId, person, isOfAllTheirs } = telling;
      const named = [orgId, person].filter((scope) => scope !== null);
      await client.query({
        name: 'identity-audit-tell',
        text: tell,
        values: [
          named.length > 0 ? named : [platformScope],
          isOfAllTheirs ? person : null,
          recorded.id,
          recorded.recordedAt,
          telling.action,
          telling.outcome,
          telling.actorKind,
          telling.actorId,
          telling.targetKind,
          telling.targetId,
          telling.requestId,
          telling.traceId,
          telling.details,
          contract.service,
          telling.awaitsOrigin,
        ],
      });
    },
  });
