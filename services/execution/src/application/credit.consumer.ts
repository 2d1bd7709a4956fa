import { billing, execution, instantOf, OrgId } from '@orrery/contracts';
import { type Consumer, consumer, type EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { householdOf } from './household.ts';

const { CreditExhausted, CreditRestored } = billing.BillingEvents;
const atOnce = 1_000;

/** Whether an organization may begin new work. A row remembers which step of the ledger it is, so that late news change nothing. */
export const creditConsumer: Consumer = consumer({
  service: 'execution',
  name: 'credit',
  events: [CreditExhausted, CreditRestored],
  write: async ({ event, version }, client) => {
    await client.query(
      `INSERT INTO credit_states AS t (org_id, is_exhausted, version) VALUES ($1, $2, $3)
       ON CONFLICT (org_id) DO UPDATE SET is_exhausted = excluded.is_exhausted, version = excluded.version WHERE t.version < excluded.version`,
      [event.data.orgId, event.type === 'CreditExhausted', version],
    );
  },
});

/** Work that waits is not begun only to be stopped; what runs is stopped too, so that no bill grows while somebody is down. */
export const exhaustedConsumer = (store: EventStore): Consumer => {
  const { runs } = householdOf(store);
  return consumer({
    service: 'execution',
    name: 'credit-exhausted',
    events: [CreditExhausted],
    react: async ({ event }, { context }) => {
      const { rows } = await store.pool.query<{ id: execution.RunId }>(
        `SELECT id FROM run_list WHERE org_id = $1 AND status = ANY(ARRAY['pending', 'starting', 'running']) ORDER BY id LIMIT ${atOnce}`,
        [OrgId.parse(event.data.orgId)],
      );
      const wish = { type: 'RequestEnd', mode: 'cancel', by: 'service:billing', reason: 'credit-exhausted' } as const;
      // Asking twice is asking once, so each needs no inbox row of its own.
      await Promise.all(
        rows.map(({ id }) =>
          runs.tell(id, { ...wish, at: instantOf(systemClock.now()) }, { ...context, commandId: `${context.commandId} ${id}` }),
        ),
      );
      return undefined;
    },
  });
};
