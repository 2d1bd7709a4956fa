import { hkdfSync } from 'node:crypto';
import { z } from 'zod';

/** What a secret is for. Each purpose has its own key, so that one that leaks opens nothing else. */
export type Purpose =
  | 'seal-kek'
  | 'secret-mark'
  | 'api-key-mac'
  | 'refresh-mac'
  | 'join-token-mac'
  | 'cursor-mac'
  | 'claim-mac'
  | 'backup-code-mac'
  | 'passkey-challenge-mac'
  | 'oauth-secret-mac'
  | 'oauth-cookies-mac'
  | 'tries-mac'
  | 'ticket-mac'
  | 'variable-mac'
  | 'audit-address-mac'
  | 'upstream-credentials'
  | 'upstream-mark-mac'
  | 'guardrail-signatures';

export type Secrets = (purpose: Purpose, bytes?: number) => Buffer;

const leastBytes = 32;
const kekBytes = 32;

const bytesOf = (text: string): Buffer => (/^(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64'));

/** A master secret as hex or base64, at least 32 bytes long. */
export const MasterSecret = z
  .string()
  .regex(/^(?:[0-9a-fA-F]{2})+$|^[A-Za-z0-9+/_-]+={0,2}$/, 'neither hex nor base64')
  .transform(bytesOf)
  .refine((bytes) => bytes.length >= leastBytes, `shorter than ${leastBytes} bytes`);

/** Key-encryption keys as hex or base64, the one that seals first. */
export const SealKeys = z
  .string()
  .transform((text) => text.split(',').map((key) => key.trim()))
  .pipe(z.array(MasterSecret.refine((key) => key.length === kekBytes, `not ${kekBytes} bytes`)));

/** All that open what is sealed: those of the operator, and behind them the one that follows from the secret, which seals where there are none. */
export const keksOf = ({ sealKeys = [] }: { readonly sealKeys?: readonly Buffer[] | undefined }, secrets: Secrets): readonly Buffer[] => [
  ...sealKeys,
  secrets('seal-kek'),
];

/** Derives keys from the platform's one secret by HKDF-SHA-256. The purpose is part of the key: renaming one loses what it sealed. */
export const secretsOf =
  (master: Buffer): Secrets =>
  (purpose, bytes = 32) =>
    Buffer.from(hkdfSync('sha256', master, 'orrery', `orrery/${purpose}/v1`, bytes));
