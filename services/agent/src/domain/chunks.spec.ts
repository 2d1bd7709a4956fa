import fc from 'fast-check';
import { cutOutput, tailLength, textOf } from './chunks.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

const pieces = (bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] => {
  let from = 0;
  return lengths.map((length) => {
    from += length;
    return bytes.subarray(from - length, from);
  });
};

const sum = (lengths: readonly number[]): number => lengths.reduce((total, length) => total + length, 0);

describe('Cutting output', () => {
  it('gives out what is there, up to a character that is not whole', () => {
    const bytes = bytesOf('aé漢🚀');
    expect(cutOutput(bytes.subarray(0, 2), { isFinal: false })).toEqual([1]);
    expect(cutOutput(bytes.subarray(0, 3), { isFinal: false })).toEqual([3]);
    expect(cutOutput(bytes.subarray(0, 5), { isFinal: false })).toEqual([3]);
    expect(cutOutput(bytes.subarray(0, 9), { isFinal: false })).toEqual([6]);
    expect(cutOutput(bytes, { isFinal: false })).toEqual([10]);
    expect(cutOutput(bytes.subarray(0, 9), { isFinal: true })).toEqual([9]);
    expect(cutOutput(new Uint8Array(), { isFinal: true })).toEqual([]);
  });

  it('does not wait for the rest of what is no character', () => {
    expect(cutOutput(Uint8Array.of(0x61, 0xff), { isFinal: false })).toEqual([2]);
    expect(cutOutput(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80), { isFinal: false })).toEqual([5]);
    expect(cutOutput(Uint8Array.of(0xc0), { isFinal: false })).toEqual([1]);
  });

  it('prefers the ends of lines, where a line ends in time', () => {
    const bytes = bytesOf('aaaaaa\nbbbbbbbbbbbbbbb\n');
    expect(cutOutput(bytes, { limit: 10, isFinal: true })).toEqual([7, 10, 6]);
  });

  it('tells how far the last whole line is behind', () => {
    expect(tailLength(bytesOf('a\nbc'))).toBe(2);
    expect(tailLength(bytesOf('a\n'))).toBe(0);
    expect(tailLength(bytesOf('abc'))).toBe(3);
  });

  it('keeps a byte order mark and replaces what is no text', () => {
    expect(textOf(bytesOf('\uFEFFa'))).toBe('\uFEFFa');
    expect(textOf(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\uFFFDb');
  });

  it('loses no byte and makes no chunk too long, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 8, max: 64 }), fc.boolean(), (bytes, limit, isFinal) => {
        const lengths = cutOutput(bytes, { limit, isFinal });
        const left = bytes.length - sum(lengths);
        return lengths.every((length) => length > 0 && length <= limit) && left >= 0 && left <= (isFinal ? 0 : 3);
      }),
    );
  });

  it('keeps a text whole, however it comes in and wherever it is cut', () => {
    const text = fc.string({ unit: 'binary', maxLength: 120 });
    fc.assert(
      fc.property(
        text,
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        fc.integer({ min: 4, max: 40 }),
        (said, steps, limit) => {
          const bytes = bytesOf(said);
          let cut = 0;
          let seen = '';
          for (let end = 0, step = 0; end < bytes.length; step += 1) {
            end = Math.min(bytes.length, end + (steps[step % steps.length] ?? 1));
            const part = bytes.subarray(cut, end);
            const lengths = cutOutput(part, { limit, isFinal: end === bytes.length });
            seen += pieces(part, lengths).map(textOf).join('');
            cut += sum(lengths);
          }
          expect(seen).toBe(textOf(bytes));
        },
      ),
    );
  });
});
