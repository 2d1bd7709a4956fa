import type { identity, OrgId, OrgRole, UserId } from '@orrery/contracts';
import { boolean, type Fact, instant, nullable, text, uuid, view } from '@orrery/event-store';

export const apiKeys = view({
  name: 'api-keys',
  table: 'api_keys',
  columns: {
    id: uuid<identity.ApiKeyId>(),
    orgId: uuid<OrgId>(),
    userId: uuid<UserId>(),
    name: text(),
    prefix: text(),
    hash: nullable(text()),
    role: text<OrgRole>(),
    isActive: boolean(),
    createdAt: instant(),
    expiresAt: nullable(instant()),
  },
  key: ['id'],
  indexes: [['orgId', 'id'], ['userId']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'ApiKeyCreated': {
        const { keyId: id, at: createdAt, ...key } = event.data;
        return [{ put: { ...key, id, hash: null, isActive: true, createdAt } }];
      }
      case 'ApiKeyHashed':
        return [{ patch: { id: event.data.keyId }, set: { hash: event.data.hash } }];
      case 'ApiKeyRevoked':
        return [{ patch: { id: event.data.keyId }, set: { isActive: false } }];
      default:
        return [];
    }
  },
});
