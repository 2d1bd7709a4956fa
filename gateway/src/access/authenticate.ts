import { epochOf, type identity, type Principal, rolePermissions } from '@orrery/contracts';
import { hashApiKey, isSameSecret, parseApiKey } from '@orrery/credentials';
import type { Clock } from '@orrery/kernel';
import { ServiceUnavailable } from '@orrery/messaging';
import { Failed, unauthenticated } from '../failure.ts';
import { AccessTokens, type SignedClaims } from './access-tokens.ts';
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
  | { readonly kind: 'key'; readonly key: identity.KeySnapshot };

export interface Credentials {
  readonly keys: ReadSnapshot<identity.KeySnapshot>;
  readonly sessions: ReadSnapshot<identity.SessionSnapshot>;
  readonly signing: ReadSnapshot<identity.SigningSnapshot>;
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

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    this.#tokens = new AccessTokens(credentials.signing);
  }

  async identify(authorization: string | undefined): Promise<Identity> {
    if (authorization === undefined) return { kind: 'nobody' };
    const token = bearer.exec(authorization)?.[1];
    if (token === undefined) throw no('The Authorization header must be: Bearer, a space, and an API key or an access token.');
    if (token.startsWith('lk_')) return await this.#key(token);
    return token.startsWith('op_') ? this.#operator(token) : await this.#user(token);
  }

  /** A session that is completed elsewhere a moment ago may still look pending here: waits for the news. */
  async settled(session: Session): Promise<Session> {
    if (session.kind === 'user') return session;
    const { sessions, catchUpMs } = this.#credentials;
    await sessions.when(session.sessionId, () => true, catchUpMs);
    return this.#session({ ...session, owesSecondFactor: true });
  }

  /** Whether who was let in would still be: keys are revoked and sessions end while streams are open. */
  isLive(principal: Principal): boolean {
    if (principal.kind === 'user' || principal.kind === 'pending') {
      return principal.sessionId === undefined || this.#credentials.sessions.get(principal.sessionId)?.state !== 'revoked';
    }
    if (principal.kind !== 'key') return true;
    const key = this.#credentials.keys.get(principal.id);
    return key?.isActive === true && !this.#hasExpired(key);
  }

  #hasExpired({ expiresAt }: identity.KeySnapshot): boolean {
    return expiresAt !== null && epochOf(expiresAt) <= this.#credentials.clock.now();
  }

  async #key(text: string): Promise<Identity> {
    const { keys, macKey, catchUpMs } = this.#credentials;
    const id = parseApiKey(macKey, text);
    if (id === undefined) throw no('The API key is not valid.');
    // Only a key that this platform made is worth waiting for: it may be younger than the snapshot.
    const key = await keys.when(id, () => true, catchUpMs);
    if (!key) {
      if (!keys.isLoaded) throw new ServiceUnavailable('identity', 'no-responders');
      throw no('The API key is not valid.');
    }
    if (!isSameSecret(hashApiKey(text), key.hash)) throw no('The API key is not valid.');
    if (!key.isActive) throw no('The API key was revoked.');
    if (this.#hasExpired(key)) throw no('The API key has expired.');
    return { kind: 'key', key };
  }

  #operator(text: string): Identity {
    const { operatorKey } = this.#credentials;
    if (operatorKey === undefined || !isSameSecret(text, operatorKey)) throw no("The operator's key is not valid.");
    return { kind: 'operator' };
  }

  async #user(token: string): Promise<Identity> {
    const { clock, catchUpMs, signing } = this.#credentials;
    const verdict = await this.#tokens.read(token, { now: clock.now(), catchUpMs });
    if ('userId' in verdict) return this.#session(verdict);
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

export const principalOfKey = ({ id, userId, role }: identity.KeySnapshot): Principal => ({
  kind: 'key',
  id,
  userId,
  permissions: [...rolePermissions[role]],
});
