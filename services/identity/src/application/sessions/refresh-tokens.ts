import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { identity } from '@orrery/contracts';

export interface RefreshToken {
  readonly sessionId: identity.SessionId;
  readonly hash: string;
}

const chanceBytes = 24;
const macBytes = 16;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/**
 * `<session id>.<192 random bits>.<proof>`: the session is found by its id, the token compared by its hash. The proof says that this
 * platform made it: what somebody made up is refused without a look at any session, and can end none.
 */
export class RefreshTokens {
  constructor(private readonly macKey: Buffer) {}

  mint(sessionId: identity.SessionId): RefreshToken & { readonly token: string } {
    const body = `${sessionId}.${randomBytes(chanceBytes).toString('base64url')}`;
    const token = `${body}.${this.proofOf(body).toString('base64url')}`;
    return { token, sessionId, hash: hashOf(token) };
  }

  parse(token: string): RefreshToken | undefined {
    const [id = '', chance = '', proof = '', ...more] = token.split('.');
    const sessionId = identity.SessionId.safeParse(id);
    const given = Buffer.from(proof, 'base64url');
    if (!sessionId.success || given.length !== macBytes || more.length > 0) return undefined;
    return timingSafeEqual(given, this.proofOf(`${id}.${chance}`)) ? { sessionId: sessionId.data, hash: hashOf(token) } : undefined;
  }

  private proofOf(body: string): Buffer {
    return createHmac('sha256', this.macKey).update(body).digest().subarray(0, macBytes);
  }
}
