import { auditFactOf, type EventContract, type EventContracts, identity } from '@orrery/contracts';
import { type Consumer, consumer, type EventStore, erasePerson } from '@orrery/event-store';

const { UserDeleted, OrgDeleted } = identity.IdentityEvents;

/** Longer than it takes to fold again the rows of all that somebody did. */
const deadlineMs = 300_000;

const holdsPersons = (events: readonly EventContracts[]): boolean =>
  events
    .flatMap((contracts) => Object.values<EventContract>(contracts))
    .some(({ personal, type }) => personal !== undefined || auditFactOf(type) !== undefined);

/**
 * Whoever keeps personal facts forgets them when their person is deleted, or their organization: no service needs to think of it, and
 * none can forget to. Nothing where there is nothing to forget, or where a service sees to it by itself.
 */
export const erasing = (store: EventStore, events: readonly EventContracts[], own: readonly Consumer[]): readonly Consumer[] => {
  const seesToIt = own.some(({ events: consumed }) => consumed.some(({ type }) => type === UserDeleted.type));
  if (seesToIt || !holdsPersons(events)) return [];
  return [
    consumer({
      service: store.service,
      name: 'erasing',
      events: [UserDeleted, OrgDeleted],
      order: 'none',
      deadlineMs,
      react: async ({ event }) => {
        await erasePerson(store, event.type === 'UserDeleted' ? event.data.userId : event.data.orgId);
        return undefined;
      },
    }),
  ];
};
