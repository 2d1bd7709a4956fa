import fc from 'fast-check';
import { linesOf } from './lines.ts';

const piece = (text: string, source = 'stdout') => ({ source, at: 0, text });
const textsOf = (...pieces: { source: string; at: number; text: string }[]) => linesOf(pieces).map(({ text }) => text);

describe('lines of output', () => {
  it('are one, where a line came in pieces', () => {
    expect(textsOf(piece('hel'), piece('lo'), piece('\n'), piece('world\n'))).toEqual(['hello', 'world']);
  });

  it('are many, where a piece holds many', () => {
    expect(textsOf(piece('a\n\nb\nc'))).toEqual(['a', '', 'b', 'c']);
  });

  it('are not mixed between sources', () => {
    expect(textsOf(piece('out'), piece('err\n', 'stderr'), piece('put\n'))).toEqual(['output', 'err']);
  });

  it('are the same however the output was cut', () => {
    const output = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r\n', '😀'), maxLength: 60 });
    fc.assert(
      fc.property(output, fc.array(fc.nat(60)), (text, places) => {
        const cuts = [0, ...new Set(places.filter((place) => place < text.length).sort((a, b) => a - b)), text.length];
        const pieces = cuts.slice(1).map((end, index) => piece(text.slice(cuts[index], end)));
        expect(textsOf(...pieces)).toEqual(textsOf(piece(text)));
      }),
    );
  });
});
