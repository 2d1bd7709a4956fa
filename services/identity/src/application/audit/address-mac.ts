import { createHmac } from 'node:crypto';

/** What an address is found by within one audit trail: it tells nothing to whoever has no key, and does not join two trails. */
export class AddressMac {
  constructor(private readonly key: Buffer) {}

  of(scope: string, ip: string): string {
    return createHmac('sha256', this.key).update(`${scope}\n${ip}`).digest('base64url');
  }
}
