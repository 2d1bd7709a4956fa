import fc from 'fast-check';
import { edited, membersOf } from './members.ts';

const found = (bytes: Buffer): Record<string, unknown> | undefined => {
  const members = membersOf(bytes);
  return (
    members &&
    Object.fromEntries(members.all.map(({ name, valueAt, valueEnd }) => [name, JSON.parse(bytes.toString('utf8', valueAt, valueEnd))]))
  );
};

const objects = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
const spaces = fc.constantFrom('', ' ', '\n  ', '\t');

describe('The members of an object', () => {
  it('are those that a parser finds, with what they hold, however it is written', () => {
    fc.assert(
      fc.property(objects, spaces, fc.boolean(), (object, indent, isMarked) => {
        fc.pre(!Object.hasOwn(object, '__proto__'));
        const text = JSON.stringify(object, null, indent);
        expect(found(Buffer.from(isMarked ? `\uFEFF${text}` : text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('have the names that a parser reads, not those that are spelled', () => {
    expect(membersOf(Buffer.from('{"\\u006dodel":"a","model":"b"}'))?.all.map(({ name }) => name)).toEqual(['model', 'model']);
  });

  it.each([
    '',
    ' ',
    '[]',
    '"a"',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{"a" 1}',
    '{a:1}',
    '{"a":[1}',
    '{"a":"b}',
    '{"a":1}x',
    '{"a":"\\"}',
    '{,}',
  ])('are none in %j', (text) => expect(membersOf(Buffer.from(text))).toBeUndefined());

  it('are found in a time that grows with the text alone, also where it is all backslashes and quotes', () => {
    const text = `{"a":"${'\\\\\\"'.repeat(300_000)}"}`;
    expect(membersOf(Buffer.from(text))?.all).toHaveLength(1);
  });
});

describe('Edits', () => {
  it('change what they name and nothing else', () => {
    const bytes = Buffer.from('{"model":"a","n":1.0}');
    expect(
      edited(bytes, [
        { from: 1, to: 1, text: '"x":true,' },
        { from: 9, to: 12, text: '"other"' },
      ]).toString(),
    ).toBe('{"x":true,"model":"other","n":1.0}');
    expect(edited(bytes, [])).toBe(bytes);
  });
});
