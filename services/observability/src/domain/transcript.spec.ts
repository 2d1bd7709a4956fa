import { transcript } from './transcript.ts';

const piece = (seq: number, text: string, channel = 'stdout') => ({ part: 1, seq, text, channel });

describe('A transcript', () => {
  it('is what was written, to the last byte, by stream', () => {
    const { take, told } = transcript(1_000);
    expect(take([piece(1, 'one\r\n'), piece(2, 'oh', 'stderr'), piece(3, '\n\ntwo\n')])).toBe(true);
    take([piece(4, 'limit', 'system')]);
    expect(told()).toEqual({ stdout: 'one\r\n\n\ntwo\n', stderr: 'oh', end: '1.4', isCut: false });
  });

  it('of nothing is nothing', () => {
    expect(transcript(1_000).told()).toEqual({ stdout: '', stderr: '', end: null, isCut: false });
  });

  it('that does not fit is its beginning, in whole pieces, and says so', () => {
    const { take, told } = transcript(20);
    expect(take([piece(1, 'a'.repeat(10)), piece(2, '\u0001'), piece(3, 'b')])).toBe(false);
    expect(told()).toEqual({ stdout: 'aaaaaaaaaa\u0001', stderr: '', end: '1.2', isCut: true });
  });
});
