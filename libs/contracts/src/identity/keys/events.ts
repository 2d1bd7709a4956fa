import { z } from 'zod';
import { events } from '../../define.ts';
import { OrgRole } from '../../permissions.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { ApiKeyId } from './types.ts';

export const ApiKeyEvents = events(
  'identity',
  {
    ApiKeyCreated: z.strictObject({
      keyId: ApiKeyId,
      orgId: OrgId,
      userId: UserId,
      name: z.string(),
      prefix: z.string(),
      role: OrgRole,
      expiresAt: Instant.nullable(),
      at: Instant,
    }),
    ApiKeyHashed: z.strictObject({ keyId: ApiKeyId, orgId: OrgId, hash: z.string().length(64), at: Instant }),
    ApiKeyRevoked: z.strictObject({ keyId: ApiKeyId, orgId: OrgId, at: Instant }),
  },
  { ApiKeyHashed: { isPrivate: true } },
);
