import { identity, newId } from '@orrery/contracts';
import { ProvenTokens } from './proven-token.ts';

const tokens = new ProvenTokens(Buffer.alloc(32, 1), 'refresh', identity.SessionId);
const id = newId(identity.SessionId);

describe('a proven token', () => {
  it('leads back to what it belongs to', () => {
    const { token, hash } = tokens.mint(id);
    expect(tokens.parse(token)).toEqual({ id, hash });
    expect(tokens.mint(id).token).not.toBe(token);
  });

  it.each<[string, (token: string) => string]>([
    ['of another platform', () => new ProvenTokens(Buffer.alloc(32, 2), 'refresh', identity.SessionId).mint(id).token],
    ['for another purpose', () => new ProvenTokens(Buffer.alloc(32, 1), 'reset', identity.SessionId).mint(id).token],
    ['for another id', (token) => token.replace(id, newId(identity.SessionId))],
    ['with other chance', (token) => token.replace(/\.[^.]+\./, `.${'A'.repeat(32)}.`)],
    ['without its proof', (token) => token.replace(/[^.]+$/, '')],
    ['with something behind it', (token) => `${token}.x`],
    ['of nothing', () => ''],
  ])('%s is none', (_, change) => {
    expect(tokens.parse(change(tokens.mint(id).token))).toBeUndefined();
  });
});
