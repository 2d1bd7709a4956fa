import { join } from 'node:path';
import { freePort, startDaemon } from '@orrery/servers';
import { scratchDirectory } from './scratch.ts';

/** Who somebody is to an issuer. */
export interface IssuerClaims {
  readonly sub: string;
  readonly email?: string;
  /** A text where an issuer does not keep to the standard. */
  readonly email_verified?: boolean | string;
  readonly name?: string;
}

export interface OidcIssuer {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly stop: () => Promise<void>;
}

const clientId = 'orrery';
const clientSecret = 'a secret of a test that is long enough';

const isUp = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(`${url}/.well-known/openid-configuration`)).ok;
  } catch {
    return false;
  }
};

/** An OpenID Connect provider as a process of its own, at which anybody is whoever they say: `signInAt`. */
export const startIssuer = async (redirectUris: readonly string[]): Promise<OidcIssuer> => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const client = JSON.stringify({ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris });
  const { stop } = await startDaemon({
    name: 'issuer',
    command: process.execPath,
    args: [join(process.cwd(), 'libs/testing/issuer/main.mjs')],
    dir: scratchDirectory('issuer'),
    env: { ...process.env, ISSUER_URL: url, ISSUER_CLIENT: client },
    isReady: () => isUp(url),
  });
  return { url, clientId, clientSecret, stop };
};

const mostSteps = 10;

/** What a browser does that is sent to an issuer, signs in there (or, without claims, does not want to), and is sent back: where to. */
export const signInAt = async (authorizationUrl: string, claims: IssuerClaims | undefined): Promise<URL> => {
  const { origin } = new URL(authorizationUrl);
  let at = new URL(authorizationUrl);
  if (claims) at.searchParams.set('login_hint', Buffer.from(JSON.stringify(claims)).toString('base64url'));
  const cookies = new Map<string, string>();
  for (let step = 0; at.origin === origin; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
    const location = response.headers.get('location');
    if (location === null || step > mostSteps) throw new Error(`the issuer sends nobody on: ${response.status} ${await response.text()}`);
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      cookies.set(name, value);
    }
    at = new URL(location, at);
  }
  return at;
};
