import { identity, NameText, Text } from '@orrery/contracts';
import type { Clock } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  ResponseBodyError,
} from 'openid-client';
import { z } from 'zod';
import type { Said } from '../../domain/external/vouching.ts';
import { boundedFetch, Unreachable } from './bounded-fetch.ts';
import type { IssuerConfig } from './issuer-config.ts';

/** What a browser must bring back, each drawn for it alone. */
export interface Checks {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Who somebody is to the issuer, and what it says of their address. */
export interface Shown extends Said {
  readonly subject: string;
  readonly name: string | null;
}

/** `refused`: the answer is none of a sign-in that was begun here; `denied`: the person or the issuer did not want to. */
export type Verdict = Shown | 'refused' | 'denied' | 'unavailable';

const callSeconds = 4;
/** An issuer changes its endpoints rarely, and its keys are looked up where one is not known. */
const knownMs = 3_600_000;
/** An issuer that is down is not asked again by everybody who comes meanwhile. */
const downMs = 2_000;

const Claims = z.object({
  sub: Text.min(1).max(255),
  email: z.string().optional().catch(undefined),
  /** Some issuers say it in words: that is no reason to turn away whom we know, and none to believe it. */
  email_verified: z.boolean().optional().catch(undefined),
  name: NameText.min(1).max(200).optional().catch(undefined),
});
type Claims = z.output<typeof Claims>;

/** The address in the form that accounts have. One that only becomes plain by being brought into form is another one to its issuer. */
const addressOf = (given: string | undefined): string | null => {
  const parsed = identity.Email.safeParse(given);
  return parsed.success && parsed.data === given?.toLowerCase() ? parsed.data : null;
};

const shownOf = ({ sub, email, email_verified: isVerified = false, name }: Claims): Shown => ({
  subject: sub,
  email: addressOf(email),
  isVerified,
  name: name ?? null,
});

interface Known {
  readonly until: number;
  readonly hasFailed: boolean;
  readonly configuration: Promise<Configuration>;
}

/** One issuer, as OpenID Connect has it: asked with time-outs, believed only what is signed for this platform and this browser. */
export class Issuer {
  private known: Known | undefined;

  constructor(
    readonly config: IssuerConfig,
    private readonly surroundings: { readonly clock: Clock; readonly log: Log; readonly redirectUri: string },
  ) {}

  /** Undefined where the issuer does not say how it is asked. */
  async authorizationUrl({ state, nonce, codeVerifier }: Checks): Promise<string | undefined> {
    const configuration = await this.configuration();
    return (
      configuration &&
      buildAuthorizationUrl(configuration, {
        redirect_uri: this.surroundings.redirectUri,
        scope: 'openid email profile',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      }).href
    );
  }

  /** Exchanges what the issuer put into the callback for who it says it is. */
  async verify(answer: Readonly<Record<string, string>>, { state, nonce, codeVerifier }: Checks): Promise<Verdict> {
    const configuration = await this.configuration();
    if (!configuration) return 'unavailable';
    const callback = new URL(this.surroundings.redirectUri);
    for (const [name, value] of Object.entries(answer)) callback.searchParams.set(name, value);
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: codeVerifier, idTokenExpected: true };
    try {
      const tokens = await authorizationCodeGrant(configuration, callback, checks);
      const claims = Claims.parse(tokens.claims());
      if (claims.email !== undefined || !configuration.serverMetadata().userinfo_endpoint) return shownOf(claims);
      // Most issuers tell of the address only where it is asked for by itself; the library compares whom it is about.
      const more = Claims.safeParse(await fetchUserInfo(configuration, tokens.access_token, claims.sub));
      return shownOf({ ...claims, ...more.data });
    } catch (error) {
      return this.verdictOn(error);
    }
  }

  private verdictOn(error: unknown): Verdict {
    if (error instanceof AuthorizationResponseError) return 'denied';
    const isUsed = error instanceof ResponseBodyError && error.error === 'invalid_grant';
    if (!isUsed) this.complain(error, 'an issuer was asked in vain, or answered what cannot be believed');
    const isTheirs = error instanceof Unreachable || (error instanceof ResponseBodyError && !isUsed);
    return isTheirs ? 'unavailable' : 'refused';
  }

  private async configuration(): Promise<Configuration | undefined> {
    const { clock } = this.surroundings;
    const now = clock.now();
    if (!this.known || this.known.until <= now) this.known = { until: now + knownMs, hasFailed: false, configuration: this.discover() };
    const { known } = this;
    try {
      return await known.configuration;
    } catch (error) {
      // Whoever waited for the same attempt has noted it already.
      if (this.known === known && !known.hasFailed) {
        this.complain(error, 'an issuer does not say how it is asked');
        this.known = { ...known, until: clock.now() + downMs, hasFailed: true };
      }
      return undefined;
    }
  }

  private discover(): Promise<Configuration> {
    const { issuer, clientId, clientSecret, secretIn } = this.config;
    const isInsecure = issuer.startsWith('http:');
    const authentication = secretIn === 'body' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret);
    return discovery(new URL(issuer), clientId, undefined, authentication, {
      [customFetch]: boundedFetch,
      timeout: callSeconds,
      execute: [enableNonRepudiationChecks, ...(isInsecure ? [allowInsecureRequests] : [])],
    });
  }

  /** What the library adds to its errors may be a whole token: its words are enough. */
  private complain(error: unknown, message: string): void {
    const { message: reason } = error instanceof Error ? error : { message: String(error) };
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    this.surroundings.log.warn({ reason, code, issuer: this.config.name }, message);
  }
}
