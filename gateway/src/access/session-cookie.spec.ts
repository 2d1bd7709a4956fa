import { ambiguous, clearingSession, isFromHere, sessionIn, settingSession } from './session-cookie.ts';

const here = 'https://orrery.example.com';
const json = { 'content-type': 'application/json' };

describe('The session cookie', () => {
  it.each([
    [undefined, undefined],
    ['', undefined],
    ['session=a.b.c', 'a.b.c'],
    ['theme=dark; session=a.b.c; x=session=no', 'a.b.c'],
    ['xsession=a.b.c; session2=d; SESSION=e', undefined],
    ['session=a.b.c; session=a.b.c', 'a.b.c'],
    ['session=a.b.c; session=of.some.body', ambiguous],
    ['session=', ''],
  ])('in %p is %p', (header, value) => {
    expect(sessionIn(header)).toBe(value);
  });

  it('is out of reach for scripts, and for neighbours', () => {
    expect(settingSession('a.b.c', 86_400, here)).toBe('session=a.b.c; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax; Secure');
    expect(settingSession('a.b.c', 60, 'http://127.0.0.1:8080')).toBe('session=a.b.c; Max-Age=60; Path=/; HttpOnly; SameSite=Lax');
    expect(clearingSession(here)).toBe('session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure');
  });

  it.each(['a.b', 'a.b.c; Domain=example.com', 'a.b.c\r\nset-cookie: x=y', ''])('is never %p', (token) => {
    expect(() => settingSession(token, 60, here)).toThrow(TypeError);
  });

  it.each<[string, boolean, string, Readonly<Record<string, string>>]>([
    ['reads anything from anywhere', true, 'GET', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['changes something for a page of ours', true, 'POST', { origin: here, 'sec-fetch-site': 'same-origin' }],
    ['changes something for a page of ours in an older browser', true, 'POST', { origin: here }],
    [
      'changes nothing for a page of another site',
      false,
      'POST',
      { ...json, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    ],
    ['changes nothing for a neighbour', false, 'POST', { ...json, origin: 'https://evil.example.com', 'sec-fetch-site': 'same-site' }],
    [
      'changes nothing for a neighbour who lies about the site',
      false,
      'POST',
      { ...json, origin: 'https://evil.example.com', 'sec-fetch-site': 'same-origin' },
    ],
    ['changes nothing for a page whose browser says only the site', false, 'DELETE', { 'sec-fetch-site': 'cross-site' }],
    ['changes nothing for a page without an origin', false, 'POST', { ...json, origin: 'null' }],
    ['changes nothing for a page under another scheme', false, 'POST', { origin: 'http://orrery.example.com' }],
    ['changes nothing for a page at another port', false, 'POST', { origin: `${here}:8443` }],
    ['changes nothing for a form of an ancient browser', false, 'POST', { 'content-type': 'text/plain' }],
    ['changes nothing for a form without fields', false, 'POST', {}],
    ['changes something for a program that sends JSON', true, 'POST', { 'content-type': 'application/json; charset=utf-8' }],
    ['changes something for a program that deletes', true, 'DELETE', {}],
  ])('%s', (_, expected, method, headers) => {
    expect(isFromHere(method, headers, here)).toBe(expected);
  });
});
