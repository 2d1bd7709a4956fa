import { createHash, createHmac, randomBytes } from 'node:crypto';
import { instantOf } from '@orrery/contracts';
import { isSameSecret } from '@orrery/credentials';
import type { Clock } from '@orrery/kernel';
import type { Answered } from '../../domain/mfa/proof.ts';

const nonceBytes = 24;
const timeBytes = 6;
const macBytes = 32;
export const challengeMs = 5 * 60_000;

/** What an answer is good for, and in whose hands: an answer given elsewhere is none. */
export interface Bond {
  readonly purpose: 'add' | 'show' | 'log-in';
  /** The session of a person; before there is one, the ticket of a browser. */
  readonly holder: string;
}

/** Held by the browser that begins, and never by what it signs. */
export const freshTicket = (): string => randomBytes(nonceBytes).toString('base64url');

/**
 * Challenges that carry their own proof: who asks for one costs no row. That each is answered once, the log of the person says who
 * answers it.
 */
export class Challenges {
  constructor(
    private readonly key: Buffer,
    private readonly clock: Clock,
  ) {}

  issue(bond: Bond): string {
    const time = Buffer.alloc(timeBytes);
    time.writeUIntBE(this.clock.now() + challengeMs, 0, timeBytes);
    const head = Buffer.concat([randomBytes(nonceBytes), time]);
    return Buffer.concat([head, this.mac(head, bond)]).toString('base64url');
  }

  /** What is to be remembered of an answer, or undefined where we asked no such thing. Whether it is too late, the domain says. */
  read(challenge: string, bond: Bond): Answered | undefined {
    const bytes = Buffer.from(challenge, 'base64url');
    if (bytes.length !== nonceBytes + timeBytes + macBytes) return undefined;
    const head = bytes.subarray(0, nonceBytes + timeBytes);
    const given = bytes.subarray(nonceBytes + timeBytes).toString('base64url');
    if (!isSameSecret(given, this.mac(head, bond).toString('base64url'))) return undefined;
    return { challenge: head.subarray(0, nonceBytes).toString('base64url'), expiresAt: instantOf(head.readUIntBE(nonceBytes, timeBytes)) };
  }

  private mac(head: Buffer, { purpose, holder }: Bond): Buffer {
    const heldBy = createHash('sha256').update(holder).digest();
    return createHmac('sha256', this.key).update(purpose).update('\n').update(heldBy).update(head).digest();
  }
}
