import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { encode128 } from './base62.ts';
import { hashApiKey, isApiKey, isGenuineApiKey, isSameSecret, type KeyFormName, keyForms, mintApiKey } from './index.ts';

const macKey = Buffer.alloc(32, 7);
const names = Object.keys(keyForms) as KeyFormName[];
const written = { lk: /^lk_[0-9A-Za-z]{22}_[0-9A-Za-z]{44}$/, lmsk: /^lmsk_[0-9a-f]{16}_[0-9a-f]{32}$/ };

/** Another character that could stand there. */
const another = (character: string): string => (character === 'a' ? 'b' : 'a');

describe.each(names)('an API key of the form %s', (name) => {
  it('proves itself to whoever holds the secret', () => {
    fc.assert(
      fc.property(fc.uuid(), (id) => {
        const { key } = mintApiKey(macKey, id, name);
        expect([isApiKey(key), isGenuineApiKey(macKey, key)]).toEqual([true, true]);
      }),
    );
  });

  it('is written as published: one word of one length that no header or URL must escape', () => {
    expect(mintApiKey(macKey, randomUUID(), name).key).toMatch(written[name]);
  });

  it('is worth nothing after any one character changed', () => {
    const { key } = mintApiKey(macKey, randomUUID(), name);
    for (let place = 0; place < key.length; place += 1) {
      const changed = `${key.slice(0, place)}${another(key.charAt(place))}${key.slice(place + 1)}`;
      expect([changed, isGenuineApiKey(macKey, changed)]).toEqual([changed, false]);
    }
  });

  it('is worth nothing on a platform with another secret', () => {
    const { key } = mintApiKey(randomBytes(32), randomUUID(), name);
    expect(isGenuineApiKey(macKey, key)).toBe(false);
  });

  it('is worth nothing with something before or behind it', () => {
    const { key } = mintApiKey(macKey, randomUUID(), name);
    for (const text of [`${key} `, ` ${key}`, `${key}\n`, `${key}0`, key.slice(0, -1), key.toUpperCase()]) {
      expect([text, isGenuineApiKey(macKey, text)]).toEqual([text, false]);
    }
  });

  it('is stored as the hash of the whole, and recognised by what is not secret', () => {
    const id = randomUUID();
    const [minted, again] = [mintApiKey(macKey, id, name), mintApiKey(macKey, id, name)];
    expect(minted.hash).toBe(hashApiKey(minted.key));
    expect(minted.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(minted.key.startsWith(minted.prefix)).toBe(true);
    expect(again.prefix).toBe(minted.prefix);
    expect(again.hash).not.toBe(minted.hash);
  });

  it('shows beginnings that differ for keys made in the same moment', () => {
    const prefixes = new Set(
      Array.from({ length: 200 }, (_, index) => {
        const id = `01890000-0000-7000-8000-${(index * 7919).toString(16).padStart(12, '0')}`;
        return mintApiKey(macKey, id, name).prefix;
      }),
    );
    expect(prefixes.size).toBe(200);
  });

  it('holds at least 96 bits of chance, and its parts fill it', () => {
    const { bytes, characters, write } = keyForms[name];
    expect(bytes.chance).toBeGreaterThanOrEqual(12);
    expect(write(Buffer.alloc(bytes.id))).toHaveLength(characters.id);
    expect(write(Buffer.alloc(bytes.chance)).length + write(Buffer.alloc(bytes.code)).length).toBe(characters.rest);
  });
});

describe('what is no API key', () => {
  it.each(['', 'lk', 'op_secret', 'eyJhbGciOiJFZERTQSJ9.e30.x_y', '_', 'constructor_x', 'LK_x'])('is not %j', (text) => {
    expect([isApiKey(text), isGenuineApiKey(macKey, text)]).toEqual([false, false]);
  });

  it.each(['lk_', 'lk_short', `lk_${'z'.repeat(22)}_${'0'.repeat(44)}`, 'lmsk_', `lmsk_${'0'.repeat(16)}_${'0'.repeat(32)}`])(
    'is %j, although it says so',
    (text) => {
      expect([isApiKey(text), isGenuineApiKey(macKey, text)]).toEqual([true, false]);
    },
  );
});

describe('base 62', () => {
  const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 });

  it('writes different bytes differently, and always as many digits', () => {
    fc.assert(
      fc.property(bytes16, bytes16, (one, other) => {
        expect(encode128(one)).toHaveLength(22);
        expect(encode128(one) === encode128(other)).toBe(Buffer.from(one).equals(Buffer.from(other)));
      }),
    );
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
