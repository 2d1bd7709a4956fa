import type { identity } from '@orrery/contracts';
import type { Bus } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import { errors, type Provider } from 'oidc-provider';
import { AccessTokens, type AppClaims } from '../access/access-tokens.ts';
import type { ReadSnapshot } from '../access/snapshot.ts';
import type { Translation } from './form.ts';
import { Interactions } from './interactions.ts';
import { issuerOf } from './issuer.ts';
import { providerOf } from './provider.ts';
import { recordsOf } from './records.ts';
import { PublishedKey, signingNow } from './signing.ts';
import { Asker } from './visit.ts';

export interface OauthOptions {
  readonly bus: Bus;
  readonly log: Log;
  readonly publicUrl: string;
  readonly apps: ReadSnapshot<identity.AppSnapshot>;
  readonly signing: ReadSnapshot<identity.SigningSnapshot>;
  readonly signingKeys: () => Iterable<identity.SigningSnapshot>;
  /** Signs the cookies of the provider. */
  readonly cookieKey: Buffer;
  readonly catchUpMs: number;
}

interface Made {
  readonly kid: string;
  readonly provider: Provider;
}

/** The provider as it is now: another one whenever another key signs. */
export class Oauth implements Translation {
  readonly interactions: Interactions;
  readonly scopesOf;
  readonly #options: OauthOptions;
  readonly #asker: Asker;
  readonly #tokens: AccessTokens;
  #made: Made | undefined;

  constructor(options: OauthOptions) {
    this.#options = options;
    this.#asker = new Asker(options.bus);
    this.interactions = new Interactions(this.#asker, options.publicUrl);
    this.#tokens = new AccessTokens(options.signing, issuerOf(options.publicUrl));
    this.scopesOf = (clientId: string) => options.apps.get(clientId)?.scopes.join(' ');
  }

  /** Undefined as long as there is no key to sign with. */
  get provider(): Provider | undefined {
    const { signingKeys, log } = this.#options;
    const current = signingNow(signingKeys(), Date.now());
    if (!current) return undefined;
    if (this.#made?.kid !== current.kid) {
      const provider = this.#make(current);
      provider.on('server_error', (_ctx, err) => log.error({ err }, 'a request to the provider of OAuth failed'));
      this.#made = { kid: current.kid, provider };
    }
    return this.#made.provider;
  }

  async claimsOf(token: string): Promise<AppClaims | undefined> {
    const verdict = await this.#tokens.read(token, { now: Date.now(), catchUpMs: this.#options.catchUpMs });
    return 'clientId' in verdict ? verdict : undefined;
  }

  #make(key: identity.SigningSnapshot): Provider {
    const { publicUrl, apps, cookieKey, catchUpMs } = this.#options;
    return providerOf({
      issuer: issuerOf(publicUrl),
      asker: this.#asker,
      key: new PublishedKey(key, this.#asker),
      recordsOf: recordsOf({ asker: this.#asker, apps, catchUpMs }),
      cookieKeys: [cookieKey.toString('base64url')],
    });
  }
}

/** Where somebody came with a question that is over, or none of theirs. */
export const isOver = (error: unknown): boolean => error instanceof errors.SessionNotFound;
