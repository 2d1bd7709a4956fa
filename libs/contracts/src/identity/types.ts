import { z } from 'zod';
import { OrgRole } from '../context.ts';
import { id } from '../define.ts';
import { Instant, OrgId, UserId } from '../values.ts';

export const ApiKeyId = id('ApiKeyId');
export type ApiKeyId = z.infer<typeof ApiKeyId>;
export const SessionId = id('SessionId');
export type SessionId = z.infer<typeof SessionId>;

export const OrgSlug = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens, not starting with a hyphen')
  .meta({ id: 'OrgSlug' });

/** Compared and stored in one form, so that two spellings of one address are one person. */
export const Email = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .transform((address) => address.normalize('NFKC').toLowerCase());
export const Password = z.string().min(10, 'at least 10 characters').max(200);

export const BillingDetails = z
  .strictObject({
    companyName: z.string().max(200),
    addressLine1: z.string().max(200),
    addressLine2: z.string().max(200),
    city: z.string().max(200),
    state: z.string().max(200),
    postalCode: z.string().max(40),
    country: z.string().length(2),
    taxId: z.string().max(60),
    taxIdType: z.string().max(40),
  })
  .partial();

export const OrgView = z
  .strictObject({
    id: OrgId,
    slug: OrgSlug,
    name: z.string(),
    billingEmail: z.string().nullable(),
    billingDetails: BillingDetails,
    createdAt: Instant,
  })
  .meta({ id: 'Org' });
export type OrgView = z.infer<typeof OrgView>;

export const MembershipView = OrgView.extend({ role: OrgRole, isDefault: z.boolean() }).meta({ id: 'Membership' });
export type MembershipView = z.infer<typeof MembershipView>;

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

export const UserView = z
  .strictObject({ id: UserId, email: z.string(), name: z.string().nullable(), createdAt: Instant })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof UserView>;

export const Tokens = z.strictObject({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds the access token lives. */
  expiresIn: z.int().positive(),
  userId: UserId,
  email: z.string(),
});

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

/** The organizations of one person: value of the `identity-members` snapshot, by user id. */
export const MemberSnapshot = z.strictObject({
  userId: UserId,
  memberships: z.array(z.strictObject({ orgId: OrgId, slug: OrgSlug, role: OrgRole, isDefault: z.boolean() })),
});
export type MemberSnapshot = z.infer<typeof MemberSnapshot>;

/** A key that verifies access tokens: value of the `identity-signing` snapshot, by `kid`. */
export const SigningSnapshot = z.strictObject({ kid: z.string(), publicKeyPem: z.string(), notAfter: Instant.nullable() });
export type SigningSnapshot = z.infer<typeof SigningSnapshot>;
