import type { identity, UserId } from '@orrery/contracts';
import { CannotStart } from '@orrery/process';
import { type VerifiedAuthenticationResponse, verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { z } from 'zod';
import type { Passkey } from '../../domain/mfa/state.ts';
import { challengeMs } from './challenges.ts';

const name = 'Orrery';
/** Ed25519, ES256 and RS256, the most liked first: COSE's numbers. */
const algorithms = [-8, -7, -257];

const ClientData = z.object({ challenge: z.string(), crossOrigin: z.boolean().optional() });

/** What a browser says it has signed, not yet believed. */
export const clientDataOf = (encoded: string): z.infer<typeof ClientData> | undefined => {
  try {
    return ClientData.safeParse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'))).data;
  } catch {
    // No JSON is no client data.
    return undefined;
  }
};

export type NewCredential = Pick<Passkey, 'credentialId' | 'publicKey' | 'counter' | 'transports'>;

const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\])$/;

/** A loopback address is no domain; browsers take `localhost` for it. */
const namedOrigin = (url: string): string => {
  const { protocol, hostname, port } = new URL(url);
  return `${protocol}//${loopback.test(hostname) ? 'localhost' : hostname}${port ? `:${port}` : ''}`;
};

export interface RelyingPartyOptions {
  readonly publicUrl: string;
  /** Where else pages of this platform are served: a console under a name of its own. */
  readonly origins: readonly string[];
  /** The domain that passkeys belong to; default: the host of the public URL. */
  readonly domain?: string | undefined;
}

/** This platform as WebAuthn knows it: what its passkeys belong to, and which pages may use them. */
export class RelyingParty {
  readonly domain: string;
  readonly origins: readonly string[];

  constructor({ publicUrl, origins, domain }: RelyingPartyOptions) {
    const own = namedOrigin(publicUrl);
    this.domain = domain ?? new URL(own).hostname;
    const others = origins.map(namedOrigin);
    const stranger = others.find((origin) => !this.covers(origin));
    if (stranger !== undefined) {
      const mend = 'set ORRERY_PASSKEY_DOMAIN to a domain above it and above the public URL';
      throw new CannotStart(`ORRERY_PASSKEY_ORIGINS names ${stranger}, which is not under ${this.domain}: ${mend}`);
    }
    this.origins = [...new Set([own, ...others])].filter((origin) => this.covers(origin));
  }

  /** Browsers let a page use the passkeys of its own host and of domains above it. */
  private covers(origin: string): boolean {
    const { hostname } = new URL(origin);
    return hostname === this.domain || hostname.endsWith(`.${this.domain}`);
  }

  creation(
    person: { readonly id: UserId; readonly email: string; readonly name: string | null },
    challenge: string,
    known: readonly Passkey[],
  ) {
    return {
      challenge,
      rp: { id: this.domain, name },
      // The handle comes back with a log-in and says whose it is; it tells nobody anything else.
      user: { id: handleOf(person.id), name: person.email, displayName: person.name ?? person.email },
      pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
      excludeCredentials: known.map(descriptorOf),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      attestation: 'none',
      timeout: challengeMs,
    } satisfies identity.PasskeyCreation;
  }

  request(challenge: string, userVerification: 'required' | 'preferred', allowed: readonly Passkey[] = []): identity.PasskeyRequest {
    return { challenge, rpId: this.domain, allowCredentials: allowed.map(descriptorOf), userVerification, timeout: challengeMs };
  }

  /** The credential that was made for a challenge of ours, or undefined. */
  async made({ id, rawId, type, response }: identity.NewPasskey, challenge: string): Promise<NewCredential | undefined> {
    if (clientDataOf(response.clientDataJSON)?.crossOrigin) return undefined;
    const { clientDataJSON, attestationObject, transports = [] } = response;
    const verified = await orNothing(() =>
      verifyRegistrationResponse({
        response: { id, rawId, type, response: { clientDataJSON, attestationObject }, clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: [...this.origins],
        expectedRPID: this.domain,
        // An old security key asks for nothing but a touch: enough beside a password, and `signed` asks for more where it stands alone.
        requireUserVerification: false,
        supportedAlgorithmIDs: algorithms,
      }),
    );
    if (!verified?.verified) return undefined;
    const { credential } = verified.registrationInfo;
    const publicKey = Buffer.from(credential.publicKey).toString('base64url');
    return { credentialId: credential.id, publicKey, counter: credential.counter, transports };
  }

  /** The counter of a passkey that signed a challenge of ours, or undefined. Whether it has risen, the domain says. */
  async signed(
    { id, rawId, type, response }: identity.PasskeyAssertion,
    { publicKey }: Passkey,
    { challenge, userVerification }: { readonly challenge: string; readonly userVerification: 'required' | 'preferred' },
  ): Promise<number | undefined> {
    if (clientDataOf(response.clientDataJSON)?.crossOrigin) return undefined;
    const { clientDataJSON, authenticatorData, signature } = response;
    const verified = await orNothing<VerifiedAuthenticationResponse>(() =>
      verifyAuthenticationResponse({
        response: { id, rawId, type, response: { clientDataJSON, authenticatorData, signature }, clientExtensionResults: {} },
        expectedChallenge: challenge,
        expectedOrigin: [...this.origins],
        expectedRPID: this.domain,
        requireUserVerification: userVerification === 'required',
        credential: { id, publicKey: new Uint8Array(Buffer.from(publicKey, 'base64url')), counter: 0 },
      }),
    );
    return verified?.verified ? verified.authenticationInfo.newCounter : undefined;
  }
}

const bytesOfId = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

/** The person as an authenticator keeps it: the sixteen bytes of the id. */
export const handleOf = (userId: UserId): string => bytesOfId(userId).toString('base64url');

/** The id that a handle may stand for; undefined where it cannot be one. */
export const idOfHandle = (handle: string): string | undefined => {
  const hex = Buffer.from(handle, 'base64url').toString('hex');
  return /^[0-9a-f]{32}$/.test(hex) ? hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') : undefined;
};

const descriptorOf = ({ credentialId, transports }: Passkey) => ({
  id: credentialId,
  type: 'public-key' as const,
  transports: [...transports],
});

/** The library throws at whatever does not fit; to us that is one refusal, however it does not fit. */
const orNothing = async <T>(verify: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await verify();
  } catch {
    return undefined;
  }
};
