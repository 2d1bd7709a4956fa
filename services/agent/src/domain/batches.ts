import { cutOutput, maxChunkBytes } from './chunks.ts';

export type StreamName = 'stdout' | 'stderr';
export const streamNames: readonly StreamName[] = ['stdout', 'stderr'];

/** A stretch of one stream; the place of it in its batch, and of its batch among all, gives its `seq`. */
export type Piece = readonly [stream: StreamName, from: number, length: number];

/** Output that is published with one message. Once recorded it is never cut anew: whoever saw it knows it by its numbers. */
export interface Batch {
  readonly firstSeq: number;
  readonly at: string;
  readonly pieces: readonly Piece[];
}

/** How far the output was cut. */
export interface Cut {
  readonly nextSeq: number;
  readonly stdout: number;
  readonly stderr: number;
}

export const nothingCut: Cut = { nextSeq: 1, stdout: 0, stderr: 0 };

export const bytesCut = ({ stdout, stderr }: Cut): number => stdout + stderr;

export const cutAfter = ({ firstSeq, pieces }: Batch, cut: Cut): Cut => {
  const ends = { stdout: cut.stdout, stderr: cut.stderr };
  for (const [stream, from, length] of pieces) ends[stream] = from + length;
  return { nextSeq: firstSeq + pieces.length, ...ends };
};

export interface Read {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
  /** Nothing will follow these bytes. */
  readonly isLast: boolean;
}

/** The next batch out of what was read behind `cut`; undefined where there is nothing whole to send yet. */
export const batchOf = (cut: Cut, reads: readonly Read[], at: string): Batch | undefined => {
  const pieces = reads.flatMap(({ stream, bytes, isLast }) => {
    let from = cut[stream];
    return cutOutput(bytes, { limit: maxChunkBytes, isFinal: isLast }).map((length): Piece => {
      const piece: Piece = [stream, from, length];
      from += length;
      return piece;
    });
  });
  return pieces.length === 0 ? undefined : { firstSeq: cut.nextSeq, at, pieces };
};
