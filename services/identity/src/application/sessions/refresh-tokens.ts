import { identity } from '@orrery/contracts';
import { ProvenTokens } from '../proven-token.ts';

export interface RefreshToken {
  readonly sessionId: identity.SessionId;
  readonly hash: string;
}

export class RefreshTokens {
  private readonly tokens;

  constructor(macKey: Buffer) {
    this.tokens = new ProvenTokens(macKey, 'refresh', identity.SessionId);
  }

  mint(sessionId: identity.SessionId): RefreshToken & { readonly token: string } {
    const { token, hash } = this.tokens.mint(sessionId);
    return { token, sessionId, hash };
  }

  parse(token: string): RefreshToken | undefined {
    const parsed = this.tokens.parse(token);
    return parsed && { sessionId: parsed.id, hash: parsed.hash };
  }
}
