import { identity } from '@orrery/contracts';
import { isForApplication } from './token-rules.ts';

const issuer = 'https://orrery.example.com';
const kid = 'a1b2';
const now = Date.parse('2026-01-01T00:00:00.000Z');
const seconds = now / 1_000;
const sub = '0199a000-0000-7000-8000-000000000001';
const client = '0199a000-0000-7000-8000-000000000002';
const gid = 'g'.repeat(43);

const header = { alg: 'EdDSA', typ: 'at+jwt', kid };
const access = {
  iss: issuer,
  aud: 'orrery',
  sub,
  client_id: client,
  scope: 'runs:read',
  jti: 'j',
  gid,
  iat: seconds,
  exp: seconds + 3_600,
};
const idToken = { iss: issuer, aud: client, sub, iat: seconds, exp: seconds + 3_600, nonce: 'n' };

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const judged = (head: object, claims: object): boolean => isForApplication(`${encoded(head)}.${encoded(claims)}`, { kid, issuer, now });

describe('What identity signs for the provider of OAuth', () => {
  it('is the token of an application, and what an application is told of a person', () => {
    expect(judged(header, access)).toBe(true);
    expect(judged({ alg: 'EdDSA', kid }, idToken)).toBe(true);
  });

  it.each([
    ['a token of a session', header, { ...access, sid: sub }],
    ['a token in the name of the platform', header, { ...access, iss: identity.tokenIssuer }],
    ['a token that lives for days', header, { ...access, exp: seconds + identity.accessTokenSeconds }],
    ['a token of nobody in particular', header, { ...access, client_id: undefined }],
    ['a token with another key', { ...header, kid: 'other' }, access],
    ['a token with another algorithm', { ...header, alg: 'HS256' }, access],
    ['a token that brings its own key', { ...header, jwk: {} }, access],
    ['what passes for an access token where it was to tell of a person', { alg: 'EdDSA', kid }, access],
  ])('is never %s', (_, head, claims) => {
    expect(judged(head, claims)).toBe(false);
  });

  it('is no text of another kind', () => {
    for (const content of ['', '.', 'a.b', `${encoded(header)}.${encoded(access)}.x`]) {
      expect(isForApplication(content, { kid, issuer, now })).toBe(false);
    }
  });
});
