import type { identity, OrgId, UserId } from '@orrery/contracts';
import {
  boolean,
  type Fact,
  instant,
  integer,
  json,
  nanos,
  nullable,
  type TableRow,
  text,
  uuid,
  view,
  type Where,
} from '@orrery/event-store';
import type { Owner } from '../../domain/keys/api-key.ts';

type Rules = identity.KeyRules;

const rules = {
  scopes: nullable(json<NonNullable<Rules['scopes']>>()),
  models: nullable(json<NonNullable<Rules['models']>>()),
  addresses: nullable(json<NonNullable<Rules['addresses']>>()),
  monthlyTokens: nullable(integer()),
  monthlySpend: nullable(nanos()),
  spaceId: nullable(uuid<identity.SpaceId>()),
};

export const apiKeys = view({
  name: 'api-keys',
  table: 'api_keys',
  columns: {
    id: uuid<identity.ApiKeyId>(),
    orgId: nullable(uuid<OrgId>()),
    userId: uuid<UserId>(),
    form: text<identity.ApiKeyForm>(),
    name: text(),
    description: nullable(text()),
    prefix: text(),
    isActive: boolean(),
    ...rules,
    hash: nullable(text()),
    formerHash: nullable(text()),
    formerUserId: nullable(uuid<UserId>()),
    formerUntil: nullable(instant()),
    createdAt: instant(),
    expiresAt: nullable(instant()),
    revokedAt: nullable(instant()),
  },
  key: ['id'],
  indexes: [['orgId', 'id'], ['userId', 'id'], ['formerUserId'], ['hash'], ['formerHash']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'ApiKeyCreated': {
        const { keyId: id, ownerId: _owner, at: createdAt, ...key } = event.data;
        const secrets = { hash: null, formerHash: null, formerUserId: null, formerUntil: null };
        return [{ put: { id, ...key, ...secrets, createdAt, revokedAt: null } }];
      }
      case 'ApiKeyUpdated': {
        const { keyId: id, orgId: _org, ownerId: _owner, at: _at, ...settings } = event.data;
        return [{ patch: { id }, set: settings }];
      }
      case 'ApiKeyRotated': {
        const { keyId: id, userId, scopes } = event.data;
        return [{ patch: { id }, set: { userId, scopes } }];
      }
      case 'ApiKeyHashed': {
        const { keyId: id, hash, former } = event.data;
        const before = { formerHash: former?.hash ?? null, formerUserId: former?.userId ?? null, formerUntil: former?.until ?? null };
        return [{ patch: { id }, set: { hash, ...before } }];
      }
      case 'ApiKeyRevoked':
        return [{ patch: { id: event.data.keyId }, set: { isActive: false, revokedAt: event.data.at } }];
      default:
        return [];
    }
  },
});

export type ApiKeyRow = TableRow<typeof apiKeys>;

/** Keys of an organization belong to nobody else; a person's own keys to no organization. */
export const ownedBy = (owner: Owner): Where<ApiKeyRow> =>
  'orgId' in owner ? { orgId: owner.orgId } : { userId: owner.userId, orgId: null };

export const rulesOf = ({ scopes, models, addresses, monthlyTokens, monthlySpend, spaceId }: ApiKeyRow): Rules => ({
  scopes,
  models,
  addresses,
  monthlyTokens,
  monthlySpend,
  spaceId,
});

/** What is known of a key beside its row. */
export interface Beside {
  readonly lastUsedAt: string | null;
  readonly isAnsweredFor: boolean;
}

/** A key as people see it. */
export const shownKey = (row: ApiKeyRow, beside: Beside): identity.ApiKeyView => {
  const { id, orgId, userId, form, name, description, prefix, isActive, createdAt, expiresAt, revokedAt, formerUntil } = row;
  const who = { id, orgId, userId, form, name, description, prefix, isActive };
  return { ...who, ...rulesOf(row), createdAt, expiresAt, revokedAt, ...beside, formerSecretUntil: formerUntil };
};
