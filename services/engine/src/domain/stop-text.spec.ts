import fc from 'fast-check';
import { StopText } from './stop-text.ts';

const through = (stops: readonly string[], pieces: readonly string[]): string => {
  const stop = new StopText(stops);
  let out = '';
  for (const piece of pieces) {
    const { text, isStopped } = stop.push(piece);
    out += text;
    if (isStopped) return out;
  }
  return out + stop.rest();
};

describe('Text up to a stop sequence', () => {
  it('ends before the one that comes first', () => {
    expect(through(['STOP', '.'], ['one. two ', 'STOP'])).toBe('one');
  });

  it('ends before one that comes in pieces', () => {
    expect(through(['</end>'], ['a <', '/e', 'nd', '> b'])).toBe('a ');
  });

  it('has what only looked like the beginning of one', () => {
    expect(through(['</end>'], ['a </', 'en', 'ough'])).toBe('a </enough');
    expect(through(['</end>'], ['a </en'])).toBe('a </en');
  });

  it('is the same however it was cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), { maxLength: 3 });
    fc.assert(
      fc.property(letters, stops, fc.array(fc.integer({ min: 0, max: 30 })), (text, stop, cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b).map((cut) => Math.min(cut, text.length)), text.length];
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end));
        const ends = stop.map((each) => text.indexOf(each)).filter((end) => end >= 0);
        // Letter by letter the shortest of those that end first counts; all at once the one that begins first. Both end inside of a match.
        const out = through(stop, pieces);
        expect(text.startsWith(out)).toBe(true);
        if (ends.length === 0) expect(out).toBe(text);
        else expect(stop.some((each) => text.startsWith(each, out.length))).toBe(true);
        for (const each of stop) expect(out.includes(each)).toBe(false);
      }),
    );
  });
});
