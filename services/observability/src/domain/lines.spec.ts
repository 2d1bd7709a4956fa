import fc from 'fast-check';
import { fittingIn, linesOf } from './lines.ts';

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

describe('lines for an answer', () => {
  const fit = fittingIn(2_000);
  const lines = (...messages: string[]) => messages.map((message) => ({ message }));

  it('are all of them where there is room, else the first of them', () => {
    expect(fit(lines('a', 'b'))).toEqual(lines('a', 'b'));
    expect(fit(lines('a', 'x'.repeat(1_000), 'c'))).toEqual(lines('a'));
    expect(fit([])).toEqual([]);
  });

  it('are the beginning of the first where not even that fits', () => {
    expect(fit(lines('\u0001'.repeat(9_000), 'b'))).toEqual(lines('\u0001'.repeat(333)));
  });
});
