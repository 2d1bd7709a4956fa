import { z } from 'zod';
import { id } from '../../define.ts';
import { Instant, Text } from '../../values.ts';

export const LinkedIdentityId = id('LinkedIdentityId');
export type LinkedIdentityId = z.infer<typeof LinkedIdentityId>;

/** What the operator calls an issuer: part of paths. */
export const IssuerName = Text.regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'at most 32 small letters, digits and hyphens');
export type IssuerName = z.infer<typeof IssuerName>;

/** How an identity came to belong to an account: it made the account, its address was the account's, or its person said so. */
export const LinkReason = z.enum(['sign-up', 'address', 'person']);
export type LinkReason = z.infer<typeof LinkReason>;

/** An issuer with which people may sign in. */
export const SignInIssuer = z.strictObject({ name: IssuerName, title: z.string() }).meta({ id: 'SignInIssuer' });

/** An account elsewhere with which its person signs in here. */
export const LinkedIdentityView = z
  .strictObject({
    id: LinkedIdentityId,
    /** Who vouches for it: an OpenID Connect issuer. */
    issuer: z.string(),
    /** What the operator calls the issuer; null where it is not asked any more. */
    name: IssuerName.nullable(),
    /** The address that it had when it was linked. */
    email: z.string().nullable(),
    reason: LinkReason,
    linkedAt: Instant,
  })
  .meta({ id: 'LinkedIdentity' });
export type LinkedIdentityView = z.infer<typeof LinkedIdentityView>;

/** Where a browser goes to sign in, and what it brings back: kept by the browser that began, and shown to nobody else. */
export const SignInBeginning = z
  .strictObject({
    url: z.string(),
    /** Sealed: what the issuer must answer with, and where to go on. */
    ticket: z.string(),
    /** Seconds. */
    expiresIn: z.int().positive(),
  })
  .meta({ id: 'SignInBeginning' });
export type SignInBeginning = z.infer<typeof SignInBeginning>;
