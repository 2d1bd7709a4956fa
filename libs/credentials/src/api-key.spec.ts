import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { decode128, encode128 } from './base62.ts';
import { hashApiKey, isSameSecret, mintApiKey, parseApiKey } from './index.ts';

const macKey = Buffer.alloc(32, 7);
const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('an API key', () => {
  it('tells its id to whoever holds the secret', () => {
    fc.assert(
      fc.property(fc.uuid(), bytes16, (id, random) => {
        expect(parseApiKey(macKey, mintApiKey(macKey, id, random).key)).toBe(id);
      }),
    );
  });

  it('is one word of one length that no header or URL must escape', () => {
    expect(mintApiKey(macKey, randomUUID()).key).toMatch(/^lk_[0-9A-Za-z]{22}_[0-9A-Za-z]{44}$/);
  });

  it('is worth nothing after any one character changed', () => {
    const { key } = mintApiKey(macKey, randomUUID());
    for (let place = 3; place < key.length; place += 1) {
      const changed = key.charAt(place) === 'x' ? 'y' : 'x';
      expect(parseApiKey(macKey, `${key.slice(0, place)}${changed}${key.slice(place + 1)}`)).toBeUndefined();
    }
  });

  it('is worth nothing on a platform with another secret', () => {
    const { key } = mintApiKey(randomBytes(32), randomUUID());
    expect(parseApiKey(macKey, key)).toBeUndefined();
  });

  it.each(['', 'lk_', 'lk_short', `lk_${'z'.repeat(22)}_${'0'.repeat(44)}`, `${mintApiKey(macKey, randomUUID()).key} `])(
    'is not %j',
    (text) => {
      expect(parseApiKey(macKey, text)).toBeUndefined();
    },
  );

  it('shows beginnings that differ for keys made in the same moment', () => {
    const prefixes = new Set(
      Array.from({ length: 200 }, (_, index) => {
        const id = `01890000-0000-7000-8000-${(index * 7919).toString(16).padStart(12, '0')}`;
        return mintApiKey(macKey, id).prefix;
      }),
    );
    expect(prefixes.size).toBe(200);
  });

  it('is stored as the hash of the whole', () => {
    const minted = mintApiKey(macKey, randomUUID());
    expect(minted.hash).toBe(hashApiKey(minted.key));
    expect(minted.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(minted.key.startsWith(minted.prefix)).toBe(true);
    expect(minted.prefix).toHaveLength(8);
  });
});

describe('base 62', () => {
  it('has one spelling for each value', () => {
    fc.assert(fc.property(bytes16, (bytes) => expect(decode128(encode128(bytes))).toEqual(Buffer.from(bytes))));
    expect(decode128('z'.repeat(22))).toBeUndefined();
    expect(decode128('-'.repeat(22))).toBeUndefined();
    expect(decode128('0')).toBeUndefined();
    expect(() => encode128(new Uint8Array(15))).toThrow(RangeError);
  });
});

describe('secrets', () => {
  it('are compared as a whole', () => {
    expect(isSameSecret('op_one', 'op_one')).toBe(true);
    expect(isSameSecret('op_one', 'op_on')).toBe(false);
    expect(isSameSecret('', 'op_one')).toBe(false);
  });
});
