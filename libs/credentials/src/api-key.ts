import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { decode128, encode128, width } from './base62.ts';

const shape = new RegExp(`^(lk_([0-9A-Za-z]{${width}})_[0-9A-Za-z]{${width}})([0-9A-Za-z]{${width}})$`);
const shownCharacters = 8;

const codeOf = (macKey: Buffer, body: string): string => encode128(createHmac('sha256', macKey).update(body).digest().subarray(0, 16));

const bytesOfUuid = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
const uuidOfBytes = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

export interface MintedApiKey {
  /** The key itself: shown once, stored nowhere. */
  readonly key: string;
  /** What people recognise it by: its first eight characters. */
  readonly prefix: string;
  /** What is stored of it. */
  readonly hash: string;
}

/** SHA-256 of the whole key, hex. The key holds 128 random bits, so a slow hash would add nothing but time. */
export const hashApiKey = (key: string): string => createHash('sha256').update(key).digest('hex');

/**
 * `lk_<id>_<secret><code>`: id and 128 random bits in base 62, and a code over both that only holders of `macKey` (purpose
 * `api-key-mac` of the platform's secret) can make. `random` is for tests.
 */
export const mintApiKey = (macKey: Buffer, keyId: string, random: Uint8Array = randomBytes(16)): MintedApiKey => {
  const body = `lk_${encode128(bytesOfUuid(keyId))}_${encode128(random)}`;
  const key = `${body}${codeOf(macKey, body)}`;
  return { key, prefix: key.slice(0, shownCharacters), hash: hashApiKey(key) };
};

/** The id in a key that this platform made, or undefined: malformed and forged keys need no look-up. It does not say that the key is still good. */
export const parseApiKey = (macKey: Buffer, text: string): string | undefined => {
  const [, body, id, code] = shape.exec(text) ?? [];
  if (body === undefined || id === undefined || code === undefined) return undefined;
  if (!timingSafeEqual(Buffer.from(code), Buffer.from(codeOf(macKey, body)))) return undefined;
  const bytes = decode128(id);
  return bytes && uuidOfBytes(bytes);
};
