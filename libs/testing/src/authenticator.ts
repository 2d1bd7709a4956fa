import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { cborOf } from './cbor.ts';

const flags = { isPresent: 0x01, isVerified: 0x04, hasKey: 0x40 } as const;

interface Credential {
  readonly id: string;
  readonly rpId: string;
  readonly userHandle: string;
  readonly privateKey: KeyObject;
}

export interface Creation {
  readonly challenge: string;
  readonly rp: { readonly id: string };
  readonly user: { readonly id: string };
}

export interface Request {
  readonly challenge: string;
  readonly rpId: string;
  readonly allowCredentials?: readonly { readonly id: string }[];
}

/** What a test wants to be otherwise than an honest browser and authenticator would have it. */
export interface Twist {
  readonly origin?: string;
  readonly crossOrigin?: boolean;
  readonly type?: string;
  /** Whether it made sure of its owner. */
  readonly isVerified?: boolean;
  readonly counter?: number;
  readonly userHandle?: string;
}

const hashed = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** COSE (RFC 9053): an ES256 key. */
const coseOf = (publicKey: KeyObject): Buffer => {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return cborOf(
    new Map<number, number | Buffer>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(x, 'base64url')],
      [-3, Buffer.from(y, 'base64url')],
    ]),
  );
};

const countOf = (counter: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(counter);
  return bytes;
};

/** A browser at `origin` and an authenticator beside it: real keys, real CBOR, real signatures, and nobody to touch it. */
export class SoftwareAuthenticator {
  private readonly origin: string;
  private credentials: readonly Credential[] = [];
  private counter = 0;

  constructor(origin: string) {
    this.origin = origin;
  }

  /** Another one with the same keys, that counts on its own from here. */
  clone(): SoftwareAuthenticator {
    const twin = new SoftwareAuthenticator(this.origin);
    twin.credentials = this.credentials;
    twin.counter = this.counter;
    return twin;
  }

  /** `navigator.credentials.create`, as JSON. */
  create(creation: Creation, twist: Twist = {}) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const credential = { id: randomBytes(32).toString('base64url'), rpId: creation.rp.id, userHandle: creation.user.id, privateKey };
    this.credentials = [...this.credentials, credential];
    return this.present(credential, creation, twist);
  }

  /** The passkey that it made last, given out for another creation: what no honest authenticator does. */
  recreate(creation: Creation) {
    const last = this.credentials.at(-1);
    if (!last) throw new Error('this authenticator has made no passkey yet');
    return this.present(last, creation, {});
  }

  /** `navigator.credentials.get`, as JSON: with the first passkey that fits. */
  get({ challenge, rpId, allowCredentials = [] }: Request, twist: Twist = {}) {
    const allowed = new Set(allowCredentials.map(({ id }) => id));
    const credential = this.credentials.find((each) => each.rpId === rpId && (allowed.size === 0 || allowed.has(each.id)));
    if (!credential) throw new Error('this authenticator has no passkey for that');
    const clientData = this.clientData('webauthn.get', challenge, twist);
    const authenticatorData = Buffer.concat(this.facts(rpId, 0, twist));
    const signature = sign('sha256', Buffer.concat([authenticatorData, hashed(clientData)]), credential.privateKey);
    return {
      id: credential.id,
      rawId: credential.id,
      type: 'public-key' as const,
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: authenticatorData.toString('base64url'),
        signature: signature.toString('base64url'),
        userHandle: twist.userHandle ?? credential.userHandle,
      },
    };
  }

  private present({ id, privateKey }: Credential, { challenge, rp }: Creation, twist: Twist) {
    const credentialId = Buffer.from(id, 'base64url');
    const length = Buffer.alloc(2);
    length.writeUInt16BE(credentialId.length);
    const keyed = [Buffer.alloc(16), length, credentialId, coseOf(createPublicKey(privateKey))];
    const authData = Buffer.concat([...this.facts(rp.id, flags.hasKey, twist), ...keyed]);
    const attestation = new Map<string, string | Buffer | Map<string, string>>([
      ['fmt', 'none'],
      ['attStmt', new Map<string, string>()],
      ['authData', authData],
    ]);
    return {
      id,
      rawId: id,
      type: 'public-key' as const,
      response: {
        clientDataJSON: this.clientData('webauthn.create', challenge, twist).toString('base64url'),
        attestationObject: cborOf(attestation).toString('base64url'),
        transports: ['internal'],
      },
    };
  }

  private clientData(type: string, challenge: string, twist: Twist): Buffer {
    const { origin = this.origin, crossOrigin = false } = twist;
    return Buffer.from(JSON.stringify({ type: twist.type ?? type, challenge, origin, crossOrigin }));
  }

  private facts(rpId: string, more: number, { isVerified = true, counter }: Twist): Buffer[] {
    this.counter = counter ?? this.counter + 1;
    const flag = flags.isPresent | (isVerified ? flags.isVerified : 0) | more;
    return [hashed(rpId), Buffer.from([flag]), countOf(this.counter)];
  }
}
