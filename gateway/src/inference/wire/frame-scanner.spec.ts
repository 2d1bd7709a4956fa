import fc from 'fast-check';
import { dataOf } from './frame.ts';
import { FrameScanner, FrameTooLong } from './frame-scanner.ts';

const framesOf = (chunks: readonly Buffer[], maxBytes = 1_000): string[] => {
  const frames: string[] = [];
  const scanner = new FrameScanner({ maxBytes, onFrame: (frame) => frames.push(frame.toString('latin1')) });
  for (const chunk of chunks) scanner.push(chunk);
  scanner.end();
  return frames;
};

const dataIn = (text: string | Buffer): (string | undefined)[] => {
  const data: (string | undefined)[] = [];
  const scanner = new FrameScanner({ maxBytes: 1_000, onFrame: (frame) => data.push(dataOf(frame)?.toString()) });
  scanner.push(Buffer.from(text));
  scanner.end();
  return data;
};

/** Cut at these places, in whatever order they were drawn. */
const cutAt = (whole: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((one, other) => one - other);
  return [...ends, whole.length].map((end, index) => Buffer.from(whole.subarray(ends[index - 1] ?? 0, end)));
};

const pieces = fc.constantFrom(
  'data: ',
  'data:',
  'event: x',
  ': ping',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  '\r\n\r\n',
  'é',
  '😀',
  ' ',
  'abc',
  '\ufeff',
);
const streams = fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join('')));
const cuts = fc.array(fc.nat(), { maxLength: 30 });

/** The definition of the standard, read the slow way: lines, and the empty ones between frames. */
const slowly = (whole: Buffer): string[] =>
  whole
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .join('\n')
    .split(/^\n/m)
    .filter((frame) => frame !== '');

/** A line that a byte order mark alone stood in is empty. */
const normal = (frame: string): string => frame.replace(/\r\n|\r/g, '\n').replace(/^\n|\n$/g, '');

describe('Frames of server-sent events', () => {
  it('are the same however what arrives is cut, also within a character or a line end', () => {
    fc.assert(
      fc.property(streams, cuts, (whole, places) => {
        expect(framesOf(cutAt(whole, places))).toEqual(framesOf([whole]));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are those of the standard', () => {
    fc.assert(
      fc.property(streams, (whole) => {
        const found = framesOf([whole]).map((frame) => normal(Buffer.from(frame, 'latin1').toString()));
        expect(found.filter((frame) => frame !== '')).toEqual(slowly(whole).map(normal));
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused at the same byte however they are cut, when they are too long', () => {
    const refused = (chunks: readonly Buffer[]): boolean => {
      try {
        framesOf(chunks, 12);
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(FrameTooLong);
        return true;
      }
    };
    fc.assert(
      fc.property(streams, cuts, (whole, places) => refused(cutAt(whole, places)) === refused([whole])),
      { numRuns: 1_000 },
    );
    expect(refused([Buffer.from('data: 123456')])).toBe(false);
    expect(refused([Buffer.from('data: 1234567')])).toBe(true);
  });

  it('say what their data lines say', () => {
    expect(dataIn('data: one\n\ndata:two\r\n\r\ndata\n\n')).toEqual(['one', 'two', '']);
    expect(dataIn('event: x\ndata: {\ndata: }\nid: 3\n\n')).toEqual(['{\n}']);
    expect(dataIn(': ping\n\ndatabase: no\n\n')).toEqual([undefined, undefined]);
    expect(dataIn('data:  two spaces\n\n')).toEqual([' two spaces']);
    expect(dataIn('data: the last, unfinished')).toEqual(['the last, unfinished']);
    expect(dataIn(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('data: marked\n\n')]))).toEqual(['marked']);
  });
});
