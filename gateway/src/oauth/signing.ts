import { createPublicKey, type KeyObject } from 'node:crypto';
import { identity } from '@orrery/contracts';
import { ExternalSigningKey } from 'oidc-provider';
import { granted } from './refused.ts';
import type { Asker } from './visit.ts';

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Private keys are in identity and stay there: what is to be signed goes to it, and it judges what that says. */
export class PublishedKey extends ExternalSigningKey {
  readonly #key: KeyObject;
  readonly #kid: string;
  readonly #asker: Asker;

  constructor({ kid, publicKeyPem }: identity.SigningSnapshot, asker: Asker) {
    super();
    this.#key = createPublicKey(publicKeyPem);
    this.#kid = kid;
    this.#asker = asker;
    // The types know no setters; the library has them, and needs them set.
    Object.assign(this, { kid, alg: 'EdDSA' });
  }

  override keyObject(): KeyObject {
    return this.#key;
  }

  override async sign(data: Uint8Array): Promise<Uint8Array> {
    return Buffer.from(await this.#signed(Buffer.from(data).toString()), 'base64url');
  }

  /** An access token as RFC 9068 has it. */
  async token(claims: Readonly<Record<string, unknown>>): Promise<string> {
    const content = `${encoded({ alg: 'EdDSA', typ: identity.accessTokenType, kid: this.#kid })}.${encoded(claims)}`;
    return `${content}.${await this.#signed(content)}`;
  }

  async #signed(content: string): Promise<string> {
    return granted(await this.#asker.ask(identity.SignOauthToken, { kid: this.#kid, content })).signature;
  }
}

/** The key that signs now: of those that have begun, the newest. */
export const signingNow = (keys: Iterable<identity.SigningSnapshot>, now: number): identity.SigningSnapshot | undefined => {
  const begun = [...keys].filter(
    ({ activeAt, notAfter }) => Date.parse(activeAt) <= now && (notAfter === null || Date.parse(notAfter) > now),
  );
  return begun.sort((a, b) => (a.activeAt < b.activeAt ? 1 : -1))[0];
};
