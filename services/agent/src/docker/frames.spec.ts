import fc from 'fast-check';
import { type Frame, Frames } from './frames.ts';

const framed = ({ stream, bytes }: Frame): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream === 'stderr' ? 2 : 1);
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
};
const joined = (frames: readonly Frame[], stream: Frame['stream']): Buffer =>
  Buffer.concat(frames.filter((frame) => frame.stream === stream).map(({ bytes }) => bytes));

const someFrames = fc.array(
  fc.record({ stream: fc.constantFrom<Frame['stream']>('stdout', 'stderr'), bytes: fc.uint8Array({ maxLength: 40 }) }),
  { maxLength: 12 },
);

describe('The frames of a log', () => {
  it('give each stream its bytes in order, wherever the engine cuts what it sends', () => {
    fc.assert(
      fc.property(someFrames, fc.array(fc.nat({ max: 30 })), (frames, cuts) => {
        let rest = Buffer.concat(frames.map(framed));
        const reader = new Frames();
        const read: Frame[] = [];
        for (const length of cuts) {
          read.push(...reader.push(rest.subarray(0, length)));
          rest = rest.subarray(length);
        }
        read.push(...reader.push(rest));
        for (const stream of ['stdout', 'stderr'] as const) expect(joined(read, stream)).toEqual(joined(frames, stream));
      }),
    );
  });

  it('hand on the beginning of a long one before its end has come', () => {
    const whole = framed({ stream: 'stderr', bytes: Buffer.from('a long line') });
    expect(new Frames().push(whole.subarray(0, 12))).toEqual([{ stream: 'stderr', bytes: Buffer.from('a lo') }]);
  });
});
