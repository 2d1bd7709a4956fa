import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { createSigner } from 'fast-jwt';

/** PKCS #8 (RFC 8410) around a 32-byte Ed25519 seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

interface Claims {
  readonly sub: string;
  readonly sid: string;
  /** A second factor was owed when it was signed. */
  readonly sf?: true;
}

/**
 * Signs access tokens with an Ed25519 key derived from the platform's secret: every replica has the same key, and none stores it.
 * Gateways verify with the public half, which they get as a snapshot.
 */
export class AccessTokens {
  readonly snapshot: identity.SigningSnapshot;
  private readonly sign: (claims: Claims) => string;

  constructor(seed: Buffer) {
    const privateKey: KeyObject = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
    const publicKeyPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    // Hex: it is a key of the snapshot too, and those may not begin with every character of base64url.
    const kid = createHash('sha256').update(publicKeyPem).digest('hex').slice(0, 16);
    this.snapshot = { kid, publicKeyPem, notAfter: null };
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    this.sign = createSigner({ key, algorithm: 'EdDSA', kid, iss: 'orrery', expiresIn: identity.accessTokenSeconds * 1_000 });
  }

  of(userId: string, sessionId: string, owesSecondFactor: boolean): string {
    return this.sign({ sub: userId, sid: sessionId, ...(owesSecondFactor ? { sf: true } : {}) });
  }
}
