import fc from 'fast-check';
import { type Batch, batchOf, bytesCut, type Cut, cutAfter, nothingCut } from './batches.ts';

const at = '2026-01-01T00:00:00.000Z';
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('Batches of output', () => {
  it('number their pieces on from what was cut before', () => {
    const batch = batchOf(
      { nextSeq: 5, stdout: 10, stderr: 3 },
      [
        { stream: 'stdout', bytes: bytesOf('abc\n'), isLast: false },
        { stream: 'stderr', bytes: bytesOf('oh\n'), isLast: false },
      ],
      at,
    );
    expect(batch).toEqual({
      firstSeq: 5,
      at,
      pieces: [
        ['stdout', 10, 4],
        ['stderr', 3, 3],
      ],
    });
    expect(cutAfter(batch as Batch, { nextSeq: 5, stdout: 10, stderr: 3 })).toEqual({ nextSeq: 7, stdout: 14, stderr: 6 });
  });

  it('are not made of nothing', () => {
    expect(batchOf(nothingCut, [{ stream: 'stdout', bytes: Uint8Array.of(0xc3), isLast: false }], at)).toBeUndefined();
    expect(batchOf(nothingCut, [], at)).toBeUndefined();
  });

  it('cover two growing streams without gap or overlap', () => {
    const growth = fc.array(
      fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.uint8Array({ minLength: 1, maxLength: 30 })),
    );
    fc.assert(
      fc.property(growth, (writes) => {
        const written = { stdout: new Uint8Array(), stderr: new Uint8Array() };
        let cut: Cut = nothingCut;
        const batches: Batch[] = [];
        const read = (isLast: boolean) =>
          (['stdout', 'stderr'] as const).map((stream) => ({ stream, bytes: written[stream].subarray(cut[stream]), isLast }));
        const take = (isLast: boolean): void => {
          const batch = batchOf(cut, read(isLast), at);
          if (batch === undefined) return;
          batches.push(batch);
          cut = cutAfter(batch, cut);
        };
        for (const [stream, bytes] of writes) {
          written[stream] = Uint8Array.from([...written[stream], ...bytes]);
          take(false);
        }
        take(true);
        expect(bytesCut(cut)).toBe(written.stdout.length + written.stderr.length);
        const pieces = batches.flatMap((batch) => batch.pieces);
        expect(cut.nextSeq - 1).toBe(pieces.length);
        for (const stream of ['stdout', 'stderr'] as const) {
          let end = 0;
          for (const [name, from, length] of pieces) {
            if (name !== stream) continue;
            expect(from).toBe(end);
            end = from + length;
          }
        }
      }),
    );
  });
});
