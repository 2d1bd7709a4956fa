import { createHmac } from 'node:crypto';

/** Key for what is kept of addresses of e-mail where it outlives a person: it must not tell of them. */
export class ClaimKey {
  constructor(private readonly key: Buffer) {}

  ofEmail(email: string): string {
    return createHmac('sha256', this.key).update(email).digest('hex');
  }
}
