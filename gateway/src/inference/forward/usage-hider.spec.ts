import fc from 'fast-check';
import { UsageHider } from './usage-hider.ts';

const count = 'data: {"id":"1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}';
const word = (text: string, more = '') => `data: {"choices":[{"delta":{"content":${JSON.stringify(text)}}}]${more}}`;
const done = 'data: [DONE]';

const passed = (text: string, cuts: readonly number[]): string => {
  const bytes = Buffer.from(text);
  const hider = new UsageHider();
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const pieces = [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length));
  return Buffer.concat([...pieces.map((piece) => hider.push(piece)), hider.end()]).toString();
};

const frames = fc.array(
  fc.constantFrom(
    word('a'),
    word('ü'.repeat(5)),
    word('"usage": {}'),
    word('b', ',"usage":null'),
    word('c', ',"usage":{"prompt_tokens":1}'),
    ': a comment',
    'event: x\ndata: {"usage":"no count"}',
    'data: {"usage":',
    done,
  ),
);

describe('A count that nobody asked for', () => {
  it('is taken out of a stream, wherever that is cut and however its lines end, and nothing else is', () => {
    fc.assert(
      fc.property(frames, frames, fc.array(fc.nat()), fc.constantFrom('\n', '\r\n', '\r'), (before, after, cuts, lineEnd) => {
        const text = (all: readonly string[]): string => all.map((frame) => `${frame}\n\n`.replaceAll('\n', lineEnd)).join('');
        const shown = passed(text([...before, count, ...after]), cuts);
        // A LF that arrives after the CR of the frame that was taken out is left, which readers skip.
        expect(
          shown
            .replaceAll('\r\n', '\n')
            .replace(/\n{3,}/g, '\n\n')
            .replace(/^\n+/, ''),
        ).toBe(text([...before, ...after]).replaceAll('\r\n', '\n'));
      }),
      { numRuns: 500 },
    );
  });

  it('is taken out where the stream ends without an empty line', () => {
    expect(passed(`${word('a')}\n\n${count}`, [])).toBe(`${word('a')}\n\n`);
  });

  it('keeps no frame waiting that has come whole', () => {
    const hider = new UsageHider();
    expect(hider.push(Buffer.from(`${word('a')}\n\n${word('b').slice(0, 9)}`)).toString()).toBe(`${word('a')}\n\n`);
    expect(hider.push(Buffer.from(`${word('b').slice(9)}\n\n`)).toString()).toBe(`${word('b')}\n\n`);
  });

  it('lets a frame pass before its end that is too long to be it', () => {
    const hider = new UsageHider();
    const long = word('x'.repeat(100_000), ',"usage":null');
    expect(hider.push(Buffer.from(long)).length).toBe(long.length);
    expect(hider.push(Buffer.from(`\n\n${count}\n\n${done}\n\n`)).toString()).toBe(`\n\n${done}\n\n`);
  });
});
