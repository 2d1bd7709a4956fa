import fc from 'fast-check';
import { type Parameter, WireWriter } from './wire.ts';

interface Message {
  readonly kind: string;
  readonly body: Buffer;
}

const messagesOf = (bytes: Buffer): readonly Message[] => {
  const found: Message[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readInt32BE(at + 1);
    found.push({ kind: String.fromCharCode(bytes[at] ?? 0), body: bytes.subarray(at + 5, at + 1 + size) });
    at += 1 + size;
  }
  return found;
};

/** Texts, each behind its length; −1 is NULL. */
const textsOf = (bytes: Buffer, count: number): readonly (Buffer | null)[] => {
  const found: (Buffer | null)[] = [];
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const size = bytes.readInt32BE(at);
    found.push(size === -1 ? null : bytes.subarray(at + 4, at + 4 + size));
    at += 4 + Math.max(0, size);
  }
  expect(at).toBe(bytes.length);
  return found;
};

/** What a server reads out of the parameters of a Bind. */
const readBack = ({ body }: Message, statement: string, count: number): readonly Parameter[] => {
  const head = Buffer.from(`\0${statement}\0`);
  expect(body.subarray(0, head.length)).toEqual(head);
  let at = head.length;
  expect(body.readInt16BE(at)).toBe(count);
  const isBinary = Array.from({ length: count }, (_, index) => body.readInt16BE(at + 2 + 2 * index) === 1);
  at += 2 + 2 * count;
  expect(body.readInt16BE(at)).toBe(count);
  expect(body.readInt16BE(body.length - 2)).toBe(0);
  return textsOf(body.subarray(at + 2, body.length - 2), count).map((value, index) => {
    if (value === null || isBinary[index] !== true) return value === null ? null : value.toString();
    const [dimensions, , element, length = 0, first] = [0, 4, 8, 12, 16].map((offset) => value.readInt32BE(offset));
    expect([dimensions, element, first]).toEqual([1, 25, 1]);
    return textsOf(value.subarray(20), length).map((cell) => cell?.toString() ?? null);
  });
};

const texts = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary-ascii' }), fc.constant('💡 é'.repeat(9_000)));
const cells = fc.option(texts, { nil: null });
const parameters = fc.array(fc.oneof(cells, fc.array(cells, { minLength: 1, maxLength: 40 })), { maxLength: 9 });

describe('the writer of PostgreSQL’s messages', () => {
  it('writes every text, NULL and column so that it is read back as it was', () => {
    const writer = new WireWriter();
    const written = (values: readonly Parameter[]): boolean => {
      writer.start();
      writer.bind('statement', values);
      const [bind, ...others] = messagesOf(writer.take());
      expect(others).toEqual([]);
      expect(bind && readBack(bind, 'statement', values.length)).toEqual(values);
      return true;
    };
    fc.assert(fc.property(parameters, written));
  });

  it('puts messages one behind the other, and begins anew at each start', () => {
    const writer = new WireWriter();
    writer.execute();
    writer.start();
    writer.close('one');
    writer.parse('one', 'SELECT $1');
    writer.execute();
    writer.sync();
    const messages = messagesOf(writer.take());
    expect(messages.map(({ kind, body }) => [kind, body.toString()])).toEqual([
      ['C', 'Sone\0'],
      ['P', 'one\0SELECT $1\0\0\0'],
      ['E', '\0\0\0\0\0'],
      ['S', ''],
    ]);
  });

  it('gives what stays as it is when the next is written', () => {
    const writer = new WireWriter();
    const taken = [2_000_000, 10].map((size) => {
      writer.start();
      writer.bind('', ['x'.repeat(size)]);
      return writer.take();
    });
    writer.start();
    writer.bind('', ['y'.repeat(3_000_000)]);
    writer.take();
    expect(taken.map((bytes) => messagesOf(bytes).length)).toEqual([1, 1]);
    for (const bytes of taken) expect(bytes.includes('y')).toBe(false);
  });
});
