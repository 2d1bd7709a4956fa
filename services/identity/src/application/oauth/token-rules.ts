import { identity } from '@orrery/contracts';
import { z } from 'zod';

const Header = z.strictObject({ alg: z.literal('EdDSA'), kid: z.string(), typ: z.literal(identity.accessTokenType).optional() });

/** RFC 9068. There is no session in it: what it opens is what the application was let do, and no more. */
const AccessToken = z.strictObject({
  iss: z.string(),
  aud: z.literal(identity.tokenAudience),
  sub: z.uuid(),
  client_id: identity.OauthAppId,
  scope: z.string(),
  jti: z.string(),
  gid: identity.OauthGrantId.optional(),
  iat: z.int(),
  exp: z.int(),
});
/** For an application, and no door of this platform. */
const IdToken = z.looseObject({ iss: z.string(), aud: identity.OauthAppId, sub: z.uuid(), iat: z.int(), exp: z.int() });

const slackSeconds = 120;

const read = (part: string | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};

/** Whether this is a token that an application may get: a token of a session, or one that lives longer, is never signed on request. */
export const isForApplication = (content: string, { kid, issuer, now }: { kid: string; issuer: string; now: number }): boolean => {
  const [first, second, ...more] = content.split('.');
  const header = Header.safeParse(read(first));
  if (!header.success || header.data.kid !== kid || more.length > 0) return false;
  const claims = (header.data.typ === undefined ? IdToken : AccessToken).safeParse(read(second));
  if (!claims.success || claims.data.iss !== issuer) return false;
  return claims.data.exp <= now / 1_000 + identity.oauthTokenSeconds + slackSeconds;
};
