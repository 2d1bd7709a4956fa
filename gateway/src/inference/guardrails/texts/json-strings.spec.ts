import fc from 'fast-check';
import { decoded, eachString, type Path, rewritten } from './json-strings.ts';

const stringsIn = (json: string): [Path, string][] => {
  const found: [Path, string][] = [];
  eachString(json, ({ path, from, to }) => found.push([[...path], decoded(json.slice(from, to))]));
  return found;
};

const valuesIn = (value: unknown, path: Path = []): [Path, string][] => {
  if (typeof value === 'string') return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((each, index) => valuesIn(each, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => valuesIn(each, [...path, name]));
};

describe('The strings of a JSON text', () => {
  it('are those that a parser finds, with the same paths', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (value, isWide) => {
        const json = isWide ? JSON.stringify(value, undefined, 2) : JSON.stringify(value);
        expect(stringsIn(json)).toEqual(valuesIn(JSON.parse(json)));
      }),
    );
  });

  it('are found under every name, also where it is given twice or spelled with escapes', () => {
    expect(stringsIn('{"a":"1","\\u0061":["2",{"b":"\\""}],"a":{}}')).toEqual([
      [['a'], '1'],
      [['a', 0], '2'],
      [['a', 1, 'b'], '"'],
    ]);
  });

  it('are replaced where they stand, and nothing else is', () => {
    expect(rewritten('{"n": 1.0, "a" : "x", "z":"y"}', [{ from: 17, to: 20, text: '"_"' }])).toBe('{"n": 1.0, "a" : "_", "z":"y"}');
  });
});
