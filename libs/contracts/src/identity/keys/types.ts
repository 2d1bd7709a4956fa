import { z } from 'zod';
import { id } from '../../define.ts';
import { OrgRole } from '../../permissions.ts';
import { Instant, OrgId, UserId } from '../../values.ts';

export const ApiKeyId = id('ApiKeyId');
export type ApiKeyId = z.infer<typeof ApiKeyId>;

export const ApiKeyView = z
  .strictObject({
    id: ApiKeyId,
    orgId: OrgId,
    name: z.string(),
    /** The first eight characters of the key. */
    prefix: z.string(),
    isActive: z.boolean(),
    createdAt: Instant,
    expiresAt: Instant.nullable(),
    lastUsedAt: Instant.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.infer<typeof ApiKeyView>;

/** What a gateway must know of a key to let it in: never the key itself. Value of the `identity-keys` snapshot. */
export const KeySnapshot = z.strictObject({
  id: ApiKeyId,
  orgId: OrgId,
  userId: UserId,
  /** SHA-256 of the whole key, hex. */
  hash: z.string().length(64),
  role: OrgRole,
  isActive: z.boolean(),
  expiresAt: Instant.nullable(),
});
export type KeySnapshot = z.infer<typeof KeySnapshot>;
