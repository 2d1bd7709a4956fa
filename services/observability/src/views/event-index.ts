import { type InputOf, type OutputOf, observability } from '@orrery/contracts';
import { type EventStore, json, nullable, table, text, uuid } from '@orrery/event-store';

/** Filled by a consumer, not folded from this service's own log. */
export const eventIndex = table({
  table: 'event_index',
  columns: {
    id: uuid(),
    orgId: nullable(uuid()),
    stream: text(),
    type: text(),
    correlationId: text(),
    event: json<observability.CloudEvent>(),
  },
  key: ['id'],
});

type Wanted = InputOf<typeof observability.ListEvents>;

/** The name in `orrery.execution.RunStarted.v1`, or the whole where it is a bare name. */
const nameOf = (type: string): string => type.split('.')[2] ?? type;

/** In the order of their ids: the order in which they happened, as far as the clocks of the services agree. */
export const listEvents = async (
  store: EventStore,
  orgId: string,
  { stream, type, correlationId, limit, cursor }: Wanted,
): Promise<OutputOf<typeof observability.ListEvents>> => {
  const where = { orgId, stream, correlationId, type: type === undefined ? undefined : nameOf(type) };
  const page = await store.read(eventIndex).page({ where, order: { by: ['id'] }, limit, cursor });
  return { ...page, items: page.items.map(({ event }) => observability.CloudEvent.parse(event)) };
};

export const ownsRun = async (store: EventStore, orgId: string, runId: string): Promise<boolean> =>
  (await store.read(eventIndex).count({ orgId, stream: `run-${runId}` })) > 0;
