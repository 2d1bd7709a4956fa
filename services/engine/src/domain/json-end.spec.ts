import fc from 'fast-check';
import { JsonEnd } from './json-end.ts';

const endOf = (pieces: readonly string[]): number | undefined => {
  const end = new JsonEnd();
  let before = 0;
  for (const piece of pieces) {
    const at = end.push(piece);
    if (at !== undefined) return before + at;
    before += piece.length;
  }
  return undefined;
};

describe('The end of an object in JSON', () => {
  it('is where its last bracket closes, whatever stands in its texts', () => {
    expect(endOf(['{"a": "}\\"', '}", "b": [1]', '}\n\n'])).toBe(23);
    expect(endOf(['{"a": [1, 2'])).toBeUndefined();
  });

  it('is found in any object, however it was cut', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.json()), fc.integer({ min: 0, max: 50 }), (object, cut) => {
        const text = JSON.stringify(object);
        expect(endOf([text.slice(0, cut), `${text.slice(cut)}  `])).toBe(text.length);
      }),
    );
  });
});
