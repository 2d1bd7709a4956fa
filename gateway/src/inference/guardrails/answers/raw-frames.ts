import { FrameTooLong } from '../../wire/frame-scanner.ts';

const lf = 10;
const cr = 13;
const noBytes = Buffer.alloc(0);

/** After the first empty line from there on; -1 where its end has not come. Lines end with CR LF, LF or CR. */
const endOfFrame = (bytes: Buffer, from: number): number => {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    const next = bytes[at + 1];
    if ((byte === lf && next === lf) || (byte === cr && next === cr)) return at + 2;
    if (byte === lf && next === cr) return bytes[at + 2] === lf ? at + 3 : at + 2;
  }
  return -1;
};

/** Frames of server-sent events with the empty lines that end them, so that what is not touched can go on as it came. */
export class RawFrames {
  readonly #maxBytes: number;
  #held: Buffer = noBytes;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Those that are whole. Throws `FrameTooLong`. */
  push(chunk: Buffer): Buffer[] {
    const frames: Buffer[] = [];
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    // An empty line that was cut may begin before what is new.
    let at = 0;
    for (let end = endOfFrame(bytes, Math.max(0, this.#held.length - 3)); end >= 0; end = endOfFrame(bytes, at)) {
      frames.push(bytes.subarray(at, end));
      at = end;
    }
    this.#held = bytes.subarray(at);
    if (this.#held.length > this.#maxBytes) throw new FrameTooLong(this.#maxBytes);
    return frames;
  }

  /** What came after the last empty line. */
  rest(): Buffer {
    const rest = this.#held;
    this.#held = noBytes;
    return rest;
  }
}
