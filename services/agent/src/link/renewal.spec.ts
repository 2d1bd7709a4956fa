import { lifeMsOf } from './renewal.ts';

const credsOf = (claims: object): string => {
  const token = ['e30', Buffer.from(JSON.stringify(claims)).toString('base64url'), 'sig'].join('.');
  return `-----BEGIN NATS USER JWT-----\n${token}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\nSU…\n------END USER NKEY SEED------\n`;
};

describe('The life of credentials', () => {
  it('is counted between two moments of the platform’s clock, whatever this machine’s clock shows', () => {
    expect(lifeMsOf(credsOf({ iat: 1_000_000_000, exp: 1_000_086_400 }))).toBe(86_400_000);
    expect(lifeMsOf(credsOf({ iat: 9_000_000_000, exp: 9_000_000_010 }))).toBe(10_000);
  });

  it('has no end where none is written', () => {
    expect(lifeMsOf(credsOf({ iat: 1_000_000_000 }))).toBe(Number.POSITIVE_INFINITY);
  });

  it('is not guessed where they cannot be read', () => {
    expect(() => lifeMsOf('nonsense')).toThrow();
  });
});
