const lf = 10;
const cr = 13;
const noBytes = Buffer.alloc(0);
/** What a stream may begin with, and nobody means. */
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** A frame that is longer than any honest one. */
export class FrameTooLong extends Error {
  constructor(maxBytes: number) {
    super(`a frame of the stream is longer than ${maxBytes} bytes`);
    this.name = 'FrameTooLong';
  }
}

export interface FrameScannerOptions {
  readonly maxBytes: number;
  /** Bytes of one frame, without the empty line that ended it. Not to be kept: they may be a view of what arrived. */
  readonly onFrame: (frame: Buffer) => void;
}

/** The line ends of one chunk. Each kind is looked for again only when it was passed: where there is no CR at all, that is once a chunk. */
class LineEnds {
  readonly #chunk: Buffer;
  #lf: number;
  #cr: number;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
    this.#lf = chunk.indexOf(lf);
    this.#cr = chunk.indexOf(cr);
  }

  /** The first one from there on; -1 where there is none. */
  from(at: number): number {
    if (this.#lf >= 0 && this.#lf < at) this.#lf = this.#chunk.indexOf(lf, at);
    if (this.#cr >= 0 && this.#cr < at) this.#cr = this.#chunk.indexOf(cr, at);
    return this.#cr < 0 || (this.#lf >= 0 && this.#lf < this.#cr) ? this.#lf : this.#cr;
  }
}

/**
 * Finds the frames of server-sent events in what arrives (WHATWG HTML, 9.2.5): what stands between empty lines, where a line ends with CR LF,
 * LF or CR. A frame that lies in one chunk is a view of it; one that does not is put together once, when its end has come.
 */
export class FrameScanner {
  readonly #onFrame: (frame: Buffer) => void;
  readonly #maxBytes: number;
  /** The beginning of a frame whose end has not come. */
  #pieces: Buffer[] = [];
  #held = 0;
  #isLineEmpty = true;
  /** The last line ended with a CR: a LF right after it ends no other. */
  #isAfterCr = false;
  #isFirst = true;

  constructor({ maxBytes, onFrame }: FrameScannerOptions) {
    this.#maxBytes = maxBytes;
    this.#onFrame = onFrame;
  }

  /** Throws `FrameTooLong`; then nothing more may be pushed. */
  push(chunk: Buffer): void {
    const ends = new LineEnds(chunk);
    let frameAt = 0;
    let lineAt = 0;
    for (let end = ends.from(0); end >= 0; end = ends.from(lineAt)) {
      const isEmpty = end === lineAt;
      if (isEmpty && this.#isAfterCr && chunk[end] === lf) {
        this.#isAfterCr = false;
        // Between two frames it belongs to neither.
        if (this.#held === 0 && frameAt === end) frameAt = end + 1;
      } else {
        if (isEmpty && this.#isLineEmpty) {
          this.#emit(chunk.subarray(frameAt, end));
          frameAt = end + 1;
        }
        this.#isLineEmpty = true;
        this.#isAfterCr = chunk[end] === cr;
      }
      lineAt = end + 1;
    }
    if (lineAt < chunk.length) {
      this.#isLineEmpty = false;
      this.#isAfterCr = false;
    }
    if (frameAt < chunk.length) this.#hold(chunk.subarray(frameAt));
  }

  /** What came after the last empty line: senders forget that one, and readers take the frame all the same. */
  end(): void {
    this.#emit(noBytes);
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length;
    if (this.#held > this.#maxBytes) throw new FrameTooLong(this.#maxBytes);
    this.#pieces.push(piece);
  }

  #emit(last: Buffer): void {
    const length = this.#held + last.length;
    if (length > this.#maxBytes) throw new FrameTooLong(this.#maxBytes);
    const whole = this.#held === 0 ? last : Buffer.concat([...this.#pieces, last], length);
    this.#pieces = [];
    this.#held = 0;
    const isMarked = this.#isFirst && whole.subarray(0, byteOrderMark.length).equals(byteOrderMark);
    this.#isFirst = false;
    const frame = isMarked ? whole.subarray(byteOrderMark.length) : whole;
    if (frame.length > 0) this.#onFrame(frame);
  }
}
