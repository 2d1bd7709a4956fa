import type { AppClaims } from '../access/access-tokens.ts';

/** What a request to the provider says: who asks, and for what. */
export interface Sent {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

export interface Translation {
  /** What a token of ours says; undefined where it is none. */
  readonly claimsOf: (token: string) => Promise<AppClaims | undefined>;
  /** All that an application may ask for. */
  readonly scopesOf: (clientId: string) => string | undefined;
}

const bearerIn = (authorization: string | undefined): string | undefined => /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];

const clientIn = ({ authorization, form }: Sent): string | undefined => {
  const basic = /^Basic +(\S+)$/i.exec(authorization ?? '')?.[1];
  return basic === undefined ? (form.get('client_id') ?? undefined) : Buffer.from(basic, 'base64').toString('utf8').split(':', 1)[0];
};

/** Fits nothing that was ever made. */
const unknown = 'unknown';

/** An access token of ours is known to the provider by its id, and the id alone is no token. Refresh tokens are the provider's own. */
const withIds = async (path: string, { authorization, form }: Sent, translation: Translation): Promise<Sent> => {
  const idOf = async (token: string): Promise<string> => (await translation.claimsOf(token))?.jti ?? unknown;
  if (path.endsWith('/userinfo')) {
    const bearer = bearerIn(authorization);
    form.delete('access_token');
    return { authorization: bearer === undefined ? authorization : `Bearer ${await idOf(bearer)}`, form };
  }
  const token = form.get('token');
  if (token?.includes('.')) form.set('token', await idOf(token));
  return { authorization, form };
};

/** Says to the provider in its own way what clients say in theirs. */
export const translated = async (path: string, sent: Sent, translation: Translation): Promise<Sent> => {
  // A service account that names no scope means all of them: nobody is asked who could choose.
  if (sent.form.get('grant_type') === 'client_credentials' && !sent.form.has('scope')) {
    const scopes = translation.scopesOf(clientIn(sent) ?? '');
    if (scopes !== undefined) sent.form.set('scope', scopes);
  }
  return await withIds(path, sent, translation);
};
