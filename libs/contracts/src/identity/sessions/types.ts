import { z } from 'zod';
import { id } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';

export const SessionId = id('SessionId');
export type SessionId = z.infer<typeof SessionId>;

/** How a person showed who they are when the session was opened. */
export const SignInMethod = z.enum(['password', 'passkey', 'oidc', 'device', 'setup']);
export type SignInMethod = z.infer<typeof SignInMethod>;

export const SessionEnd = z.enum([
  'logout',
  'logout-everywhere',
  'revoked',
  'refresh-reuse',
  'password-changed',
  'password-reset',
  'second-factor-changed',
  'user-deactivated',
  'user-deleted',
]);
export type SessionEnd = z.infer<typeof SessionEnd>;

/** How long an access token is good for. Longer than a gateway remembers what it was told of a session, never. */
export const accessTokenSeconds = 86_400;

export const Tokens = z.strictObject({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds the access token lives. */
  expiresIn: z.int().positive(),
  userId: UserId,
  email: z.string(),
  /** The tokens open nothing yet but the ways to show a second factor. */
  secondFactorNeeded: z.boolean(),
});
export type Tokens = z.infer<typeof Tokens>;

export const SessionView = z
  .strictObject({
    id: SessionId,
    method: SignInMethod,
    /** Where it was opened. */
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    secondFactorNeeded: z.boolean(),
    createdAt: Instant,
    /** When it was opened or last refreshed. */
    lastSeenAt: Instant,
    expiresAt: Instant,
    /** The session of the request that asks. */
    isCurrent: z.boolean(),
  })
  .meta({ id: 'Session' });
export type SessionView = z.infer<typeof SessionView>;

/** What every access token says of itself: no other token that is signed with the same key passes for one. */
export const accessTokenType = 'at+jwt';
export const tokenIssuer = 'orrery';
export const tokenAudience = 'orrery';

/** A key that verifies access tokens: value of the `identity-signing` snapshot, by `kid`. */
export const SigningSnapshot = z.strictObject({
  kid: z.string(),
  publicKeyPem: z.string(),
  /** From when on it signs; it is known before, so that nobody is surprised by it. */
  activeAt: Instant,
  notAfter: Instant.nullable(),
});
export type SigningSnapshot = z.infer<typeof SigningSnapshot>;

/**
 * What a gateway must know of a session beyond its access token: that it has ended, or that the second factor which the token still
 * owes was shown. Kept until every token for which it matters has expired. Value of the `identity-sessions` snapshot, by session id.
 */
export const SessionSnapshot = z.strictObject({ state: z.enum(['revoked', 'complete']), until: Instant });
export type SessionSnapshot = z.infer<typeof SessionSnapshot>;
