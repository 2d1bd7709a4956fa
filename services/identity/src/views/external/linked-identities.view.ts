import type { identity, UserId } from '@orrery/contracts';
import { type Fact, instant, nullable, text, uuid, view } from '@orrery/event-store';

export const linkedIdentities = view({
  name: 'linked-identities',
  table: 'linked_identities',
  columns: {
    id: uuid<identity.LinkedIdentityId>(),
    userId: uuid<UserId>(),
    issuer: text(),
    email: nullable(text()),
    reason: text<identity.LinkReason>(),
    linkedAt: instant(),
  },
  key: ['id'],
  indexes: [['userId', 'id']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'IdentityLinked': {
        const { identityId: id, at: linkedAt, subject: _, ...linked } = event.data;
        return [{ put: { ...linked, id, linkedAt } }];
      }
      case 'IdentityUnlinked':
        return [{ drop: { id: event.data.identityId } }];
      default:
        return [];
    }
  },
});
