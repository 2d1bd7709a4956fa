import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { ApiKeyForm, ApiKeyId, KeyRules } from './types.ts';

const key = { keyId: ApiKeyId, orgId: OrgId.nullable() };
/** Whose key it is, the organization or the person: what they wrote about it is sealed with their key. */
const owned = { ...key, ownerId: z.uuid() };
const written = { personal: { of: 'ownerId', fields: ['name', 'description'] } } as const;
const hash = z.string().length(64);
/** What can be changed of a key, as it is from now on. */
const settings = {
  name: z.string(),
  description: z.string().nullable(),
  isActive: z.boolean(),
  ...KeyRules.shape,
  expiresAt: Instant.nullable(),
};

export const ApiKeyEvents = events(
  'identity',
  {
    ApiKeyCreated: z.strictObject({ ...owned, userId: UserId, form: ApiKeyForm, prefix: z.string(), ...settings, at: Instant }),
    ApiKeyUpdated: z.strictObject({ ...owned, ...settings, at: Instant }),
    /** Has a new secret, for which `userId` answers. The one before works until `formerUntil`, or no more. */
    ApiKeyRotated: z.strictObject({ ...key, userId: UserId, scopes: KeyRules.shape.scopes, formerUntil: Instant.nullable(), at: Instant }),
    ApiKeyRevoked: z.strictObject({ ...key, at: Instant }),
    /** Of the secrets only hashes exist, and only here. */
    ApiKeyHashed: z.strictObject({
      ...key,
      hash,
      former: z.strictObject({ hash, userId: UserId, until: Instant }).nullable(),
      at: Instant,
    }),
  },
  { ApiKeyCreated: written, ApiKeyUpdated: written, ApiKeyHashed: { isPrivate: true } },
);
