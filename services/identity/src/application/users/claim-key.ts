import { createHmac } from 'node:crypto';

/** Key for what is kept of addresses and usernames where it outlives a person: it must not tell of them. */
export class ClaimKey {
  constructor(private readonly key: Buffer) {}

  /** Of a username as it is compared. */
  ofUsername(name: string): string {
    return createHmac('sha256', this.key).update(`username ${name}`).digest('hex');
  }

  ofEmail(email: string): string {
    return createHmac('sha256', this.key).update(email).digest('hex');
  }
}
