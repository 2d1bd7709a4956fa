import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { OauthAppId, OauthAppKind, OauthGrantId, OauthScope } from './types.ts';

const app = { appId: OauthAppId, orgId: OrgId.nullable() };
/** Whose application it is, the organization or the person: what they call it is sealed with their key. */
const owned = { ...app, ownerId: z.uuid() };
const written = { personal: { of: 'ownerId', fields: ['name'] } } as const;
const settings = { name: z.string(), redirectUris: z.array(z.string()), scopes: z.array(OauthScope), isActive: z.boolean() };
const grant = { grantId: OauthGrantId, appId: OauthAppId, userId: UserId };

export const OauthEvents = events(
  'identity',
  {
    OauthAppCreated: z.strictObject({ ...owned, userId: UserId, kind: OauthAppKind, ...settings, at: Instant }),
    OauthAppUpdated: z.strictObject({ ...owned, ...settings, at: Instant }),
    /** From now on the secret before opens nothing. */
    OauthAppSecretReset: z.strictObject({ ...app, at: Instant }),
    OauthAppDeleted: z.strictObject({ ...app, at: Instant }),
    /** Of the secret only a hash exists, and only here. */
    OauthAppSecretHashed: z.strictObject({ ...app, hash: z.string().length(64), at: Instant }),
    /** A person has let an application act for them. */
    OauthGranted: z.strictObject({ ...grant, scopes: z.array(OauthScope), at: Instant }),
    OauthGrantEnded: z.strictObject({ ...grant, at: Instant }),
  },
  { OauthAppCreated: written, OauthAppUpdated: written, OauthAppSecretHashed: { isPrivate: true } },
);
