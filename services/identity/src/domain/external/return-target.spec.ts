import { returnTarget } from './return-target.ts';

const here = 'https://orrery.example.com';
const consoles = 'https://console.example.com';
const of = (text: string) => returnTarget(text, here, [consoles]);

describe('Where a browser may be sent', () => {
  it.each([
    ['/', `${here}/`],
    ['/runs?state=open#top', `${here}/runs?state=open#top`],
    ['/a/../b', `${here}/b`],
    [`${consoles}/welcome`, `${consoles}/welcome`],
    [consoles, `${consoles}/`],
  ])('is %s', (text, target) => {
    expect(of(text)).toBe(target);
  });

  it.each([
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    'https:evil.example',
    'https://evil.example',
    'https://console.example.com.evil.example',
    'https://console.example.com@evil.example',
    'https://user:word@console.example.com/',
    'http://console.example.com/',
    'https://console.example.com:8443/',
    'javascript:alert(1)',
    'data:text/html,x',
    'runs',
    '',
    'https://orrery.example.com:bad/',
  ])('is never %j', (text) => {
    expect(of(text)).toBeUndefined();
  });
});
