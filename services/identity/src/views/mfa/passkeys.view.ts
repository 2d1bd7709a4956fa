import type { identity, UserId } from '@orrery/contracts';
import { type Fact, instant, nullable, text, uuid, view } from '@orrery/event-store';

export const passkeys = view({
  name: 'passkeys',
  table: 'passkeys',
  columns: {
    id: uuid<identity.PasskeyId>(),
    userId: uuid<UserId>(),
    name: text(),
    createdAt: instant(),
    lastUsedAt: nullable(instant()),
  },
  key: ['id'],
  indexes: [['userId', 'id']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'PasskeyAdded': {
        const { passkeyId: id, userId, name, at: createdAt } = event.data;
        return [{ put: { id, userId, name, createdAt, lastUsedAt: null } }];
      }
      case 'PasskeyRenamed':
        return [{ patch: { id: event.data.passkeyId }, set: { name: event.data.name } }];
      case 'PasskeyUsed':
        return [{ patch: { id: event.data.passkeyId }, set: { lastUsedAt: event.data.at } }];
      case 'PasskeyRemoved':
        return [{ drop: { id: event.data.passkeyId } }];
      default:
        return [];
    }
  },
});
