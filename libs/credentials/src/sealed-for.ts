import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

const nonceOf = (key: Buffer, text: string, binding: string): Buffer =>
  createHmac('sha256', key).update(`${binding.length}:${binding}${text}`).digest().subarray(0, nonceBytes);

/**
 * Seals a text for whoever has the key (32 bytes), bound to what it is for. The same text is sealed the same, so that nobody who compares takes it for a change:
 * the nonce follows from what is sealed, and comes again only with the same text.
 */
export const sealFor = (key: Buffer, text: string, binding: string): string => {
  const nonce = nonceOf(key, text, binding);
  const sealing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(binding));
  const box = Buffer.concat([sealing.update(text, 'utf8'), sealing.final()]);
  return Buffer.concat([nonce, sealing.getAuthTag(), box]).toString('base64url');
};

/** Throws where the key or the binding is another one, or a bit was changed. */
export const openSealed = (key: Buffer, sealed: string, binding: string): string => {
  const bytes = Buffer.from(sealed, 'base64url');
  const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
    .setAAD(Buffer.from(binding))
    .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  return Buffer.concat([opening.update(bytes.subarray(nonceBytes + tagBytes)), opening.final()]).toString('utf8');
};
