import { createHmac, randomBytes } from 'node:crypto';
import type { UserId } from '@orrery/contracts';

/** Without 0, 1, I and O, which people read for each other. 32 letters: eight of them are 40 bits. */
const alphabet = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const codeLength = 8;
const codesAtOnce = 10;

const freshCode = (): string => Array.from(randomBytes(codeLength), (byte) => alphabet.charAt(byte % alphabet.length)).join('');

export interface IssuedCodes {
  /** For the person, once. */
  readonly codes: readonly string[];
  /** For the log. */
  readonly hashes: readonly string[];
}

/**
 * Codes for the day on which everything else is lost. They are short, so whoever has the log alone must not be able to try them
 * all: their hashes are keyed with the platform's secret, and differ from person to person.
 */
export class BackupCodes {
  constructor(private readonly key: Buffer) {}

  issue(userId: UserId): IssuedCodes {
    const codes = new Set<string>();
    while (codes.size < codesAtOnce) codes.add(freshCode());
    return { codes: [...codes], hashes: [...codes].map((code) => this.hashOf(userId, code)) };
  }

  hashOf(userId: UserId, code: string): string {
    return createHmac('sha256', this.key).update(`${userId}\n${code}`).digest('base64url');
  }
}
