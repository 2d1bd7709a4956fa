import { createCipheriv, createDecipheriv, hash, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const keyBytes = 32;

/** AES-256-GCM; the result is iv, tag and ciphertext in one. `binding` must be the same when it is opened. */
export const seal = (key: Uint8Array, plain: Uint8Array, binding: string): Buffer => {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key, iv);
  cipher.setAAD(Buffer.from(binding));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
};

/** Throws when the box was made with another key, for another binding, or was touched since. */
export const open = (key: Uint8Array, box: Uint8Array, binding: string): Buffer => {
  const decipher = createDecipheriv(algorithm, key, box.subarray(0, ivBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(binding));
  decipher.setAuthTag(box.subarray(ivBytes, ivBytes + tagBytes));
  return Buffer.concat([decipher.update(box.subarray(ivBytes + tagBytes)), decipher.final()]);
};

export const freshKey = (): Buffer => randomBytes(keyBytes);

/** Which key a box was sealed under, without saying anything about the key. */
export const keyName = (key: Uint8Array): string => hash('sha256', Buffer.concat([Buffer.from('orrery key '), key])).slice(0, 16);

interface NamedKey {
  readonly name: string;
  readonly key: Uint8Array;
}

/** Key-encryption keys: the first seals, all of them open, so that a new one can take over while the old one still opens. */
export class Keyring {
  readonly current: NamedKey;
  private readonly byName: ReadonlyMap<string, NamedKey>;

  constructor(keys: readonly Uint8Array[]) {
    const named = keys.map((key) => {
      if (key.length !== keyBytes) throw new RangeError(`a key-encryption key has ${keyBytes} bytes, not ${key.length}`);
      return { name: keyName(key), key };
    });
    const [current] = named;
    if (!current) throw new RangeError('no key-encryption key');
    this.current = current;
    this.byName = new Map(named.map((entry) => [entry.name, entry]));
  }

  named(name: string): Uint8Array {
    const found = this.byName.get(name);
    if (!found) throw new Error(`sealed under the key ${name}, which this process does not hold`);
    return found.key;
  }

  sealText(text: string, binding: string): string {
    return `${this.current.name}.${seal(this.current.key, Buffer.from(text), binding).toString('base64url')}`;
  }

  openText(sealed: string, binding: string): string {
    const dot = sealed.indexOf('.');
    return open(this.named(sealed.slice(0, dot)), Buffer.from(sealed.slice(dot + 1), 'base64url'), binding).toString();
  }
}
