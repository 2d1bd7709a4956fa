import { identity, OrgId, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { ApiKey, type Command, type Event } from './api-key.ts';

const at = '2026-01-01T00:00:00.000Z';
const keyId = identity.ApiKeyId.parse('0199a000-0000-7000-8000-000000000001');
const orgId = OrgId.parse('0199a000-0000-7000-8000-000000000002');
const userId = UserId.parse('0199a000-0000-7000-8000-000000000003');
const hash = 'a'.repeat(64);
const details = {
  keyId,
  orgId,
  userId,
  name: 'ci',
  prefix: 'lk_abcde',
  role: 'member',
  expiresAt: null,
  at,
} as const;
const create: Command = { type: 'Create', ...details, hash };
const created: readonly Event[] = [
  { type: 'ApiKeyCreated', data: details },
  { type: 'ApiKeyHashed', data: { keyId, orgId, hash, at } },
];
const revoked: Event = { type: 'ApiKeyRevoked', data: { keyId, orgId, at } };

const { given } = specify(ApiKey);

describe('an API key', () => {
  it('is created once', () => {
    given()
      .when(create)
      .thenEvents(...created);
    given(...created)
      .when(create)
      .thenRejected('ApiKeyAlreadyExists', {});
  });

  it('cannot be born expired', () => {
    given()
      .when({ ...create, expiresAt: at })
      .thenRejected('ExpiryInThePast', {});
  });

  it('is revoked, and stays so', () => {
    given(...created)
      .when({ type: 'Revoke', orgId, at })
      .thenEvents(revoked);
    given(...created, revoked)
      .when({ type: 'Revoke', orgId, at })
      .thenNothing();
  });

  it('does not exist for another organization', () => {
    given(...created)
      .when({ type: 'Revoke', orgId: userId, at })
      .thenRejected('ApiKeyNotFound', {});
  });
});
