import { freshKey, open, seal } from './aes.ts';
import type { Sealer } from './sealer.ts';

/** A text under a data key of its own, and that key under the key-encryption key: to change the latter, only the key is sealed anew. */
export interface Enveloped {
  readonly sealedKey: string;
  readonly box: string;
}

/** What the sealed data key of an envelope is bound to. */
export const envelopeBinding = (binding: string): string => `key of ${binding}`;

export const sealEnveloped = (sealer: Sealer, text: string, binding: string): Enveloped => {
  const key = freshKey();
  return {
    sealedKey: sealer.sealText(key.toString('base64url'), envelopeBinding(binding)),
    box: seal(key, Buffer.from(text), binding).toString('base64url'),
  };
};

export const openEnveloped = (sealer: Sealer, { sealedKey, box }: Enveloped, binding: string): string => {
  const key = Buffer.from(sealer.openText(sealedKey, envelopeBinding(binding)), 'base64url');
  return open(key, Buffer.from(box, 'base64url'), binding).toString();
};
