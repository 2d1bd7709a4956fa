import { createHmac, randomBytes } from 'node:crypto';
import { isSameSecret } from '@orrery/credentials';
import { renderSVG } from 'uqr';
import { stepsAround } from '../../domain/mfa/time-steps.ts';
import { base32Of, bytesOfBase32 } from './base32.ts';

/** As long as the hash: RFC 4226 asks for 128 bits at least. */
const secretBytes = 20;
const digits = 6;
const issuer = 'Orrery';

export const freshSecret = (): string => base32Of(randomBytes(secretBytes));

/** RFC 6238 with SHA-1: what every authenticator app understands. */
export const codeAt = (secret: string, step: number): string => {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', bytesOfBase32(secret)).update(counter).digest();
  const offset = mac.readUInt8(mac.length - 1) & 15;
  const truncated = mac.readUInt32BE(offset) & 0x7fff_ffff;
  return String(truncated % 10 ** digits).padStart(digits, '0');
};

/** The time steps of this moment whose code it is, the oldest first. */
export const stepsOf = (code: string, secret: string, epochMs: number): readonly number[] =>
  stepsAround(epochMs).filter((step) => isSameSecret(codeAt(secret, step), code));

/** What authenticator apps read out of the image. */
export const otpauthUrlOf = (secret: string, account: string): string => {
  const parameters = new URLSearchParams({ secret, issuer, algorithm: 'SHA1', digits: String(digits), period: '30' });
  return `otpauth://totp/${issuer}:${encodeURIComponent(account)}?${parameters}`;
};

export const qrCodeOf = (url: string): string => {
  const svg = renderSVG(url, { ecc: 'M', border: 2, pixelSize: 4 });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
};
