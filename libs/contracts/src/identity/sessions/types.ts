import { z } from 'zod';
import { id } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';

export const SessionId = id('SessionId');
export type SessionId = z.infer<typeof SessionId>;

export const Tokens = z.strictObject({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Seconds the access token lives. */
  expiresIn: z.int().positive(),
  userId: UserId,
  email: z.string(),
});

/** A key that verifies access tokens: value of the `identity-signing` snapshot, by `kid`. */
export const SigningSnapshot = z.strictObject({ kid: z.string(), publicKeyPem: z.string(), notAfter: Instant.nullable() });
export type SigningSnapshot = z.infer<typeof SigningSnapshot>;
