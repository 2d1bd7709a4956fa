import type { identity, UserId } from '@orrery/contracts';
import { type Fact, instant, uuid, view } from '@orrery/event-store';

/** Who may do what the operator may. */
export const administrators = view({
  name: 'administrators',
  table: 'administrators',
  columns: { userId: uuid<UserId>(), since: instant() },
  key: ['userId'],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    if (event.type === 'AdministratorAppointed') return [{ put: { userId: event.data.userId, since: event.data.at } }];
    return event.type === 'AdministratorDismissed' ? [{ drop: { userId: event.data.userId } }] : [];
  },
});
