import { isDeepStrictEqual } from 'node:util';
import { identity, type Permission, type Principal } from '@orrery/contracts';
import { ServiceUnavailable } from '@orrery/messaging';
import { Failed, unauthenticated } from '../failure.ts';
import type { AppClaims } from './access-tokens.ts';
import type { ReadSnapshot } from './snapshot.ts';

/** An application, and what it shows itself with. */
export interface KnownApp {
  readonly app: identity.AppSnapshot;
  /** Who let it act for them; undefined: it acts as a service account of its organization. */
  readonly userId: string | undefined;
  /** Of what it asked for and was let do, that which it may still ask for. */
  readonly scopes: readonly string[];
  /** Under which names it may have ended. */
  readonly ends: readonly string[];
}

export interface AppsOptions {
  readonly apps: ReadSnapshot<identity.AppSnapshot>;
  readonly oauthEnds: ReadSnapshot<identity.OauthEndSnapshot>;
  /** How long an application that was just made may take to arrive here. */
  readonly catchUpMs: number;
}

const { commandLineApp } = identity;
const no = (reason: string): Failed => new Failed(unauthenticated(reason));

/** Lets applications in, from what lies in memory: nobody is asked. */
export class Apps {
  readonly #options: AppsOptions;

  constructor(options: AppsOptions) {
    this.#options = options;
  }

  async identify({ clientId, userId, scopes, jti, grantId }: AppClaims): Promise<KnownApp> {
    const { apps, oauthEnds, catchUpMs } = this.#options;
    const app = clientId === commandLineApp.id ? commandLineApp : await apps.when(clientId, () => true, catchUpMs);
    if (!apps.isLoaded || !oauthEnds.isLoaded) throw new ServiceUnavailable('identity', 'no-responders');
    // A person never becomes a service account by being left out, nor the other way round.
    if (!app || (app.kind === 'service') !== (userId === undefined)) throw no('The application is there no more, or is switched off.');
    const ends = [`token-${jti}`, ...(grantId === undefined ? [] : [`grant-${grantId}`])];
    const known = { app, userId, scopes: scopes.filter((scope) => app.scopes.some((each) => each === scope)), ends };
    if (this.#isOver(known)) throw no('The access token was revoked: ask the person again.');
    return known;
  }

  /** Whether what was let in would still be: what an application may do ends, and is narrowed, while streams are open. */
  isLive(known: KnownApp): boolean {
    const now = known.app.id === commandLineApp.id ? commandLineApp : this.#options.apps.get(known.app.id);
    return now !== undefined && !this.#isOver(known) && (now === known.app || isDeepStrictEqual(now.scopes, known.app.scopes));
  }

  #isOver({ ends }: KnownApp): boolean {
    return ends.some((name) => this.#options.oauthEnds.get(name) !== undefined);
  }
}

/** What an application holds of what could be held there. */
export const principalOfApp = ({ app, userId, scopes }: KnownApp, held: readonly Permission[]): Principal => {
  const permissions = held.filter((permission) => scopes.includes(permission));
  if (userId === undefined) return { kind: 'app', id: app.id, permissions };
  return { kind: 'app', id: app.id, userId, permissions, ...(scopes.includes('profile') ? { seesPerson: true } : {}) };
};
