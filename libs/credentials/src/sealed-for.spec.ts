import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { openSealed, sealFor } from './sealed-for.ts';

const key = randomBytes(32);

describe('What is sealed for somebody', () => {
  it('is opened with the key and the binding, whatever it is', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (text, binding) => openSealed(key, sealFor(key, text, binding), binding) === text));
  });

  it('is opened with nothing else', () => {
    const sealed = sealFor(key, 'sk-123', 'upstream a');
    expect(() => openSealed(randomBytes(32), sealed, 'upstream a')).toThrow();
    expect(() => openSealed(key, sealed, 'upstream b')).toThrow();
    const bytes = Buffer.from(sealed, 'base64url');
    for (let at = 0; at < bytes.length; at += 1) {
      const touched = Buffer.from(bytes);
      touched[at] = (touched[at] ?? 0) ^ 1;
      expect(() => openSealed(key, touched.toString('base64url'), 'upstream a')).toThrow();
    }
    expect(() => openSealed(key, bytes.subarray(0, 20).toString('base64url'), 'upstream a')).toThrow();
  });

  it('looks the same as long as it is, and another way when it is not', () => {
    expect(sealFor(key, 'a', 'x')).toBe(sealFor(key, 'a', 'x'));
    expect(new Set([sealFor(key, 'a', 'x'), sealFor(key, 'b', 'x'), sealFor(key, 'a', 'y'), sealFor(key, '', 'xa')]).size).toBe(4);
  });
});
