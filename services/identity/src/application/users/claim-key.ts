import { createHmac } from 'node:crypto';

/** Key for what is kept of addresses, names and accounts elsewhere where it outlives a person: it must not tell of them. */
export class ClaimKey {
  constructor(private readonly key: Buffer) {}

  /** Of a username as it is compared. */
  ofUsername(name: string): string {
    return createHmac('sha256', this.key).update(`username ${name}`).digest('hex');
  }

  ofEmail(email: string): string {
    return createHmac('sha256', this.key).update(email).digest('hex');
  }

  /** Of an API key, among those of its owner. */
  ofKeyName(ownerId: string, name: string): string {
    return createHmac('sha256', this.key).update(`key name\n${ownerId}\n${name}`).digest('hex');
  }

  /** No address holds the end of a line. */
  ofIdentity(issuer: string, subject: string): string {
    return createHmac('sha256', this.key).update(`identity\n${issuer}\n${subject}`).digest('hex');
  }
}
