import { eventContracts } from '@orrery/contracts';
import { type Consumer, cloudEventOf, consumer } from '@orrery/event-store';

const contracts = new Map(eventContracts.map((contract) => [contract.type, contract]));

/** Copies every public event of every service into one table that can be asked by organization, stream or correlation. */
export const eventIndexConsumer = (): Consumer =>
  consumer({
    service: 'observability',
    name: 'event-index',
    events: eventContracts,
    // Each event is a row of its own: what came first does not matter.
    order: 'none',
    write: async (recorded, client) => {
      const contract = contracts.get(recorded.event.type);
      if (!contract) return;
      const { metadata } = recorded;
      await client.query(
        `INSERT INTO event_index (id, org_id, stream, type, correlation_id, event) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING`,
        [
          recorded.id,
          metadata.orgId ?? null,
          recorded.stream,
          recorded.event.type,
          metadata.correlationId,
          cloudEventOf(recorded, contract),
        ],
      );
    },
  });
