import { freshKey, Keyring, open, seal } from './aes.ts';

describe('a sealed box', () => {
  const key = freshKey();
  const plain = Buffer.from('Ada Lovelace');

  it('opens with its key and its binding', () => {
    expect(open(key, seal(key, plain, 'event 1'), 'event 1')).toEqual(plain);
  });

  it('is another box each time', () => {
    expect(seal(key, plain, 'event 1')).not.toEqual(seal(key, plain, 'event 1'));
  });

  it('stays closed to another key, for another binding, and when touched', () => {
    const box = seal(key, plain, 'event 1');
    expect(() => open(freshKey(), box, 'event 1')).toThrow();
    expect(() => open(key, box, 'event 2')).toThrow();
    for (let byte = 0; byte < box.length; byte += 1) {
      const touched = Buffer.from(box);
      touched[byte] = (touched[byte] ?? 0) ^ 1;
      expect(() => open(key, touched, 'event 1')).toThrow();
    }
    for (let length = 0; length < box.length; length += 1) expect(() => open(key, box.subarray(0, length), 'event 1')).toThrow();
  });
});

describe('a keyring', () => {
  const [old, young] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];

  it('seals with its first key and opens with all of them', () => {
    const before = new Keyring([old]).sealText('secret', 'row 1');
    const both = new Keyring([young, old]);
    expect(both.openText(before, 'row 1')).toBe('secret');
    const after = both.sealText('secret', 'row 1');
    expect(new Keyring([young]).openText(after, 'row 1')).toBe('secret');
    expect(() => new Keyring([old]).openText(after, 'row 1')).toThrow('which this process does not hold');
  });

  it('takes keys of 32 bytes, and at least one', () => {
    expect(() => new Keyring([])).toThrow(RangeError);
    expect(() => new Keyring([Buffer.alloc(16)])).toThrow('32 bytes');
  });
});
