import { z } from 'zod';
import { OrgRole } from '../context.ts';
import { type EventOf, events } from '../define.ts';
import { Instant, OrgId, UserId } from '../values.ts';
import { ApiKeyId, BillingDetails, OrgSlug, SessionId } from './types.ts';

const ofUser = { of: 'userId', fields: ['email', 'name'] };

export const IdentityEvents = events(
  'identity',
  {
    UserSignedUp: z.strictObject({
      userId: UserId,
      email: z.string(),
      name: z.string().nullable(),
      at: Instant,
    }),
    PasswordSet: z.strictObject({ userId: UserId, passwordHash: z.string(), at: Instant }),
    SessionOpened: z.strictObject({ sessionId: SessionId, userId: UserId, refreshHash: z.string(), expiresAt: Instant, at: Instant }),
    SessionRefreshed: z.strictObject({ sessionId: SessionId, userId: UserId, refreshHash: z.string(), expiresAt: Instant, at: Instant }),
    /** A used refresh token came a second time: the whole family of the session is dead. */
    SessionRevoked: z.strictObject({ sessionId: SessionId, userId: UserId, reason: z.enum(['logout', 'refresh-reuse']), at: Instant }),
    OrgCreated: z.strictObject({
      orgId: OrgId,
      slug: OrgSlug,
      name: z.string(),
      billingEmail: z.string().nullable(),
      createdBy: UserId,
      at: Instant,
    }),
    OrgUpdated: z.strictObject({
      orgId: OrgId,
      slug: OrgSlug,
      name: z.string(),
      billingEmail: z.string().nullable(),
      billingDetails: BillingDetails,
      at: Instant,
    }),
    MemberJoined: z.strictObject({ orgId: OrgId, userId: UserId, role: OrgRole, isDefault: z.boolean(), at: Instant }),
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
  {
    UserSignedUp: { personal: ofUser },
    PasswordSet: { isPrivate: true },
    SessionOpened: { isPrivate: true },
    SessionRefreshed: { isPrivate: true },
    SessionRevoked: { isPrivate: true },
    ApiKeyHashed: { isPrivate: true },
  },
);
export type IdentityEvent = EventOf<typeof IdentityEvents>;
