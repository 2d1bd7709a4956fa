import fc from 'fast-check';
import { stepAt } from '../../domain/mfa/time-steps.ts';
import { base32Of, bytesOfBase32 } from './base32.ts';
import { codeAt, freshSecret, otpauthUrlOf, qrCodeOf, stepsOf } from './totp.ts';

/** RFC 6238, appendix B: the secret of its SHA-1 rows, and the last six of their eight digits. */
const secret = base32Of(Buffer.from('12345678901234567890'));
const published = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const;

describe('a time-based code', () => {
  it.each(published)('at second %i is the published one', (second, code) => {
    expect(codeAt(secret, stepAt(second * 1_000))).toBe(code.slice(2));
  });

  it('counts for its step and its neighbours, and says which it was', () => {
    const now = 1_234_567_890_000;
    const step = stepAt(now);
    for (const away of [-1, 0, 1]) expect(stepsOf(codeAt(secret, step + away), secret, now)).toEqual([step + away]);
    for (const away of [-2, 2]) expect(stepsOf(codeAt(secret, step + away), secret, now)).toEqual([]);
  });

  it('is of no use with another secret', () => {
    const now = 1_234_567_890_000;
    expect(stepsOf(codeAt(secret, stepAt(now)), base32Of(Buffer.from('another secret 12345')), now)).toEqual([]);
  });
});

describe('a secret', () => {
  it('has 160 bits, and is another one each time', () => {
    expect(freshSecret()).toMatch(/^[A-Z2-7]{32}$/);
    expect(bytesOfBase32(freshSecret())).toHaveLength(20);
    expect(freshSecret()).not.toBe(freshSecret());
  });

  it('is the same bytes after it was written in base 32', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => expect(bytesOfBase32(base32Of(bytes))).toEqual(Buffer.from(bytes))));
    expect(base32Of(Buffer.from('foobar'))).toBe('MZXW6YTBOI');
    expect(() => bytesOfBase32('[erased]')).not.toThrow();
  });

  it('is told to an app as a URL, and as the image of it', () => {
    const url = new URL(otpauthUrlOf('JBSWY3DPEHPK3PXP', 'ada+1@example.com'));
    expect([url.protocol, url.host, decodeURIComponent(url.pathname)]).toEqual(['otpauth:', 'totp', '/Orrery:ada+1@example.com']);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      secret: 'JBSWY3DPEHPK3PXP',
      issuer: 'Orrery',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
    const [kind, image = ''] = qrCodeOf(url.href).split(',');
    expect(kind).toBe('data:image/svg+xml;base64');
    expect(Buffer.from(image, 'base64').toString()).toMatch(/^<svg.*<\/svg>$/s);
  });
});
