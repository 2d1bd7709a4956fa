import fc from 'fast-check';
import { plainArguments } from './plain-arguments.ts';

describe('What a tool is called with', () => {
  it('is read with its letters, however they are written', () => {
    expect(plainArguments('{"to":"\\u0041da\\u0040example.com"}')).toBe('{"to":"Ada@example.com"}');
  });

  it('keeps what JSON must escape, and a backslash that is none of an escape', () => {
    for (const text of ['{"a":"\\u0022"}', '{"a":"\\u000a"}', '{"a":"\\u005c"}', '{"a":"\\\\u0041"}'])
      expect(plainArguments(text)).toBe(text);
  });

  it('stays the same JSON, where every letter is escaped', () => {
    const escaped = (text: string): string =>
      text
        .split('')
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
        .join('');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer(), (text, number) => {
        expect(JSON.parse(plainArguments(`{"a":"${escaped(text)}","b":${number}}`))).toEqual({ a: text, b: number });
        const json = JSON.stringify({ a: text, b: number });
        expect(JSON.parse(plainArguments(json))).toEqual(JSON.parse(json));
      }),
    );
  });
});
