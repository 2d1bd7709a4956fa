import { identity, newId } from '@orrery/contracts';
import { RefreshTokens } from './refresh-tokens.ts';

const tokens = new RefreshTokens(Buffer.alloc(32, 1));
const sessionId = newId(identity.SessionId);

describe('a refresh token', () => {
  it('leads back to its session', () => {
    const minted = tokens.mint(sessionId);
    expect(tokens.parse(minted.token)).toEqual({ sessionId, hash: minted.hash });
    expect(tokens.mint(sessionId).token).not.toBe(minted.token);
  });

  it.each<[string, (token: string) => string]>([
    ['of another platform', () => new RefreshTokens(Buffer.alloc(32, 2)).mint(sessionId).token],
    ['for another session', (token) => token.replace(sessionId, newId(identity.SessionId))],
    ['with other chance', (token) => token.replace(/\.[^.]+\./, `.${'A'.repeat(32)}.`)],
    ['without its proof', (token) => token.replace(/[^.]+$/, '')],
    ['with something behind it', (token) => `${token}.x`],
    ['of nothing', () => ''],
  ])('%s is none', (_, change) => {
    expect(tokens.parse(change(tokens.mint(sessionId).token))).toBeUndefined();
  });
});
