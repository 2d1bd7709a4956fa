import type { identity } from '@orrery/contracts';
import { isApiKey, isSameSecret } from '@orrery/credentials';
import type { Clock } from '@orrery/kernel';
import { ServiceUnavailable } from '@orrery/messaging';
import { Failed, unauthenticated } from '../failure.ts';
import { AccessTokens, type AppClaims, type SignedClaims } from './access-tokens.ts';
import { ApiKeys } from './api-keys.ts';
import { Apps, type KnownApp } from './apps.ts';
import type { Keys, KnownKey } from './keys.ts';
import type { ReadSnapshot } from './snapshot.ts';

/** `pending`: the second factor has not been shown yet. */
export interface Session {
  readonly kind: 'user' | 'pending';
  readonly userId: string;
  readonly sessionId: string;
}

/** Who a credential stands for, before it is known in which organization. */
export type Identity =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'operator' }
  | Session
  | KnownKey
  | ({ readonly kind: 'app' } & KnownApp);

export const nobodyKnown: Identity = { kind: 'nobody' };

/** What a request shows for itself. */
export interface Shown {
  readonly authorization: string | undefined;
  /** The value of the session cookie, where the route takes it. */
  readonly cookie: string | undefined;
  readonly ip: string;
}

export interface Credentials {
  readonly keys: Keys;
  readonly sessions: ReadSnapshot<identity.SessionSnapshot>;
  readonly signing: ReadSnapshot<identity.SigningSnapshot>;
  readonly apps: ReadSnapshot<identity.AppSnapshot>;
  readonly oauthEnds: ReadSnapshot<identity.OauthEndSnapshot>;
  /** Of tokens of applications. */
  readonly issuer: string;
  readonly macKey: Buffer;
  readonly operatorKey: string | undefined;
  readonly clock: Clock;
  /** How long a credential that was just made may take to arrive here. */
  readonly catchUpMs: number;
}

const bearer = /^Bearer +([\x21-\x7e]{1,8192}) *$/i;

const no = (reason: string): Failed => new Failed(unauthenticated(reason));

/** Turns an `Authorization` header into who it stands for, from what lies in memory; throws a 401 where it stands for nobody. */
export class Authenticator {
  readonly #credentials: Credentials;
  readonly #tokens: AccessTokens;
  readonly #apiKeys: ApiKeys;
  readonly #apps: Apps;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    this.#tokens = new AccessTokens(credentials.signing, credentials.issuer);
    this.#apiKeys = new ApiKeys(credentials);
    this.#apps = new Apps(credentials);
  }

  /** At once wherever nothing has to be waited for: on the way of every request each promise counts. */
  identify({ authorization, cookie, ip }: Shown): Identity | Promise<Identity> {
    // Nothing but the access token of a session is ever put into the cookie, so nothing else is taken out of it.
    if (authorization === undefined) return cookie === undefined ? nobodyKnown : this.#bySession(cookie);
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw no('The Authorization header must be: Bearer, a space, and an API key or an access token.');
    if (isApiKey(token)) return this.#apiKeys.identify(token, ip);
    return token.startsWith('op_') ? this.#operator(token) : this.#byToken(token);
  }

  /** A session that is completed elsewhere a moment ago may still look pending here: waits for the news. */
  async settled(session: Session): Promise<Session> {
    if (session.kind === 'user') return session;
    const { sessions, catchUpMs } = this.#credentials;
    await sessions.when(session.sessionId, () => true, catchUpMs);
    return this.#session({ ...session, owesSecondFactor: true });
  }

  /** Whether who was let in would still be: keys are revoked and sessions end while streams are open. */
  isLive(identity: Identity, ip: string): boolean {
    switch (identity.kind) {
      case 'nobody':
      case 'operator':
        return true;
      case 'user':
      case 'pending':
        return this.#credentials.sessions.get(identity.sessionId)?.state !== 'revoked';
      case 'key':
        return this.#apiKeys.isLive(identity, ip);
      case 'app':
        return this.#apps.isLive(identity);
    }
  }

  #operator(text: string): Identity {
    const { operatorKey } = this.#credentials;
    if (operatorKey === undefined || !isSameSecret(text, operatorKey)) throw no("The operator's key is not valid.");
    return { kind: 'operator' };
  }

  async #bySession(token: string): Promise<Identity> {
    const claims = await this.#claims(token);
    if ('sessionId' in claims) return this.#session(claims);
    throw no('The session cookie holds no session: log in again.');
  }

  async #byToken(token: string): Promise<Identity> {
    const claims = await this.#claims(token);
    return 'sessionId' in claims ? this.#session(claims) : { kind: 'app', ...(await this.#apps.identify(claims)) };
  }

  async #claims(token: string): Promise<SignedClaims | AppClaims> {
    const { clock, catchUpMs, signing } = this.#credentials;
    const verdict = await this.#tokens.read(token, { now: clock.now(), catchUpMs });
    if (!('reason' in verdict)) return verdict;
    if (!signing.isLoaded) throw new ServiceUnavailable('identity', 'no-responders');
    throw no(verdict.reason);
  }

  /** What a token says is true only as far as nothing else was told of its session since. */
  #session({ userId, sessionId, owesSecondFactor }: SignedClaims): Session {
    const { sessions } = this.#credentials;
    const state = sessions.get(sessionId)?.state;
    if (state === 'revoked') throw no('The session has ended: log in again.');
    if (!sessions.isLoaded) throw new ServiceUnavailable('identity', 'no-responders');
    return { kind: owesSecondFactor && state !== 'complete' ? 'pending' : 'user', userId, sessionId };
  }
}
