import { billing, OrgId } from '@orrery/contracts';
import { type Consumer, consumer, type EventStore } from '@orrery/event-store';
import { endWork, endWorkMs } from './end-work.ts';

const { CreditExhausted, CreditRestored } = billing.BillingEvents;

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
export const exhaustedConsumer = (store: EventStore): Consumer =>
  consumer({
    service: 'execution',
    name: 'credit-exhausted',
    events: [CreditExhausted],
    deadlineMs: endWorkMs,
    react: async ({ event, version }, reaction) => {
      const orgId = OrgId.parse(event.data.orgId);
      const isStill = async (): Promise<boolean> => {
        const restored = 'SELECT FROM credit_states WHERE org_id = $1 AND version > $2 AND NOT is_exhausted';
        return (await store.pool.query({ name: 'credit-restored', text: restored, values: [orgId, version] })).rowCount === 0;
      };
      await endWork(store, { orgId, by: 'service:billing', reason: 'credit-exhausted', isStill }, reaction);
      return undefined;
    },
  });
