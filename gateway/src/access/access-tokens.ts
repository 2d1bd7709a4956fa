import { identity } from '@orrery/contracts';
import { createVerifier, type VerifierSync } from 'fast-jwt';
import { z } from 'zod';
import type { ReadSnapshot } from './snapshot.ts';

/** Another token that is signed with one of these keys is no access token. */
const Header = z.object({ alg: z.literal('EdDSA'), typ: z.literal(identity.accessTokenType), kid: z.string().min(1).max(100) });
/** `sf`: when it was signed, the session owed a second factor. */
const SessionClaims = z.object({ sub: z.uuid(), sid: z.uuid(), sf: z.literal(true).optional() });
/** Of an application: `gid` is what a person let it do, and without it the application is its own subject. */
const ApplicationClaims = z.object({
  sub: z.uuid(),
  client_id: z.uuid(),
  scope: z.string().max(4_000),
  jti: z.string(),
  gid: identity.OauthGrantId.optional(),
});
const Issued = z.object({ iss: z.string() });

const headerOf = (token: string): z.infer<typeof Header> | undefined => {
  try {
    const [encoded = ''] = token.split('.', 1);
    return Header.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
};

type Verify = (token: string) => unknown;

const longest = 4_096;
const cachedTokens = 10_000;

export interface SignedClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly owesSecondFactor: boolean;
}

export interface AppClaims {
  readonly clientId: string;
  /** Who let it act for them. */
  readonly userId: string | undefined;
  readonly scopes: readonly string[];
  readonly jti: string;
  readonly grantId: string | undefined;
}

export type TokenVerdict = SignedClaims | AppClaims | { readonly reason: string };

/** Who signed says what for: the platform for its sessions, the provider of OAuth for applications. */
const claimsIn = (claims: unknown): SignedClaims | AppClaims | undefined => {
  if (Issued.safeParse(claims).data?.iss === identity.tokenIssuer) {
    const { data } = SessionClaims.safeParse(claims);
    return data && { userId: data.sub, sessionId: data.sid, owesSecondFactor: data.sf ?? false };
  }
  const { data } = ApplicationClaims.safeParse(claims);
  if (!data) return undefined;
  const { sub, client_id: clientId, scope, jti, gid: grantId } = data;
  // Whoever acts for a person was let do so by them.
  if ((sub === clientId) !== (grantId === undefined)) return undefined;
  return { clientId, userId: sub === clientId ? undefined : sub, scopes: scope.split(' '), jti, grantId };
};

const invalid = { reason: 'The access token is not valid: log in again.' };
const expired = { reason: 'The access token has expired: refresh it.' };

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Verifies access tokens with the public keys that identity publishes; the algorithm is fixed, whatever a token says. */
export class AccessTokens {
  readonly #keys: ReadSnapshot<identity.SigningSnapshot>;
  readonly #issuers: string[];
  readonly #verifiers = new Map<string, { readonly pem: string; readonly verify: Verify }>();

  /** `issuer`: of tokens of applications. */
  constructor(keys: ReadSnapshot<identity.SigningSnapshot>, issuer: string) {
    this.#keys = keys;
    this.#issuers = [identity.tokenIssuer, issuer];
  }

  async read(token: string, { now, catchUpMs }: { now: number; catchUpMs: number }): Promise<TokenVerdict> {
    const header = token.length > longest ? undefined : headerOf(token);
    if (!header) return invalid;
    // A key that was made in an emergency may be younger than what is known here.
    const key = await this.#keys.when(header.kid, () => true, catchUpMs);
    if (!key || (key.notAfter !== null && Date.parse(key.notAfter) <= now)) return invalid;
    try {
      return claimsIn(this.#verifier(key)(token)) ?? invalid;
    } catch (error) {
      return codeOf(error) === 'FAST_JWT_EXPIRED' ? expired : invalid;
    }
  }

  #verifier({ kid, publicKeyPem }: identity.SigningSnapshot): Verify {
    const known = this.#verifiers.get(kid);
    if (known?.pem === publicKeyPem) return known.verify;
    const verify: typeof VerifierSync = createVerifier({
      key: publicKeyPem,
      algorithms: ['EdDSA'],
      allowedIss: this.#issuers,
      allowedAud: identity.tokenAudience,
      requiredClaims: ['exp', 'sub', 'iss', 'aud'],
      cache: cachedTokens,
    });
    this.#verifiers.set(kid, { pem: publicKeyPem, verify });
    return verify;
  }
}
