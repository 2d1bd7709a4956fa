import { dataOf } from '../wire/frame.ts';

const lf = 10;
const cr = 13;
const colon = 58;
const space = 32;
const letterN = 110;
const noBytes = Buffer.alloc(0);
const usageName = Buffer.from('"usage"');
/** No frame that counts is longer; what is, need not wait for its end. */
const longestCount = 65_536;

/** After the last empty line; 0 where there is none. Lines end with CR LF, LF or CR. */
const endOfFrames = (bytes: Buffer): number => {
  // Nearly all pieces are whole frames of a server that ends lines with LF: of these nothing is looked through.
  if (bytes[bytes.length - 1] === lf && bytes[bytes.length - 2] === lf) return bytes.length;
  const after = (text: string): number => bytes.lastIndexOf(text, undefined, 'latin1') + 1;
  const at = Math.max(after('\n\n'), after('\n\r'), after('\r\r'));
  if (at === 0) return 0;
  // Of `\n\r\n` the last one ends the same empty line.
  return bytes[at] === cr && bytes[at + 1] === lf ? at + 2 : at + 1;
};

/** After the first empty line from there on; there is one. */
const endOfFrame = (bytes: Buffer, from: number): number => {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    const next = bytes[at + 1];
    if (byte === lf && next === lf) return at + 2;
    if (byte === cr && next === cr) return at + 2;
    if (byte === lf && next === cr) return bytes[at + 2] === lf ? at + 3 : at + 2;
  }
  return bytes.length;
};

/** `"usage":null` is in every frame of some; only another value can be a count. */
const mayCount = (frame: Buffer): boolean => {
  for (let at = frame.indexOf(usageName); at >= 0; at = frame.indexOf(usageName, at + 1)) {
    let value = at + usageName.length;
    while (frame[value] === colon || frame[value] === space) value += 1;
    if (frame[value] !== letterN) return true;
  }
  return false;
};

const isNothingButCount = (frame: Buffer): boolean => {
  const data = mayCount(frame) ? dataOf(frame) : undefined;
  if (data === undefined) return false;
  try {
    const said: unknown = JSON.parse(data.toString());
    if (typeof said !== 'object' || said === null) return false;
    const { usage, choices } = said as Readonly<Record<string, unknown>>;
    return typeof usage === 'object' && usage !== null && Array.isArray(choices) && choices.length === 0;
  } catch {
    return false;
  }
};

/**
 * Takes the frame out of a stream that holds nothing but the count, for clients who did not ask for it. Everything else passes as it came; only a
 * frame whose end has not come yet waits for it, for it may turn out to be that one.
 */
export class UsageHider {
  #held: Buffer = noBytes;
  /** Within a frame that is too long to be it. */
  #isPassing = false;

  push(chunk: Buffer): Buffer {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const end = endOfFrames(bytes);
    if (end === bytes.length && !this.#isPassing) {
      this.#held = noBytes;
      return this.#without(bytes);
    }
    this.#held = bytes.subarray(end);
    const passed = end === 0 ? noBytes : this.#without(bytes.subarray(0, end));
    if (end > 0) this.#isPassing = false;
    if (!this.#isPassing && this.#held.length <= longestCount) return passed;
    const rest = this.#held;
    this.#held = noBytes;
    this.#isPassing = true;
    return passed.length === 0 ? rest : Buffer.concat([passed, rest]);
  }

  /** What came after the last empty line. */
  end(): Buffer {
    const rest = this.#held;
    this.#held = noBytes;
    return isNothingButCount(rest) ? noBytes : rest;
  }

  #without(frames: Buffer): Buffer {
    if (!frames.includes(usageName)) return frames;
    const kept: Buffer[] = [];
    let keptAt = 0;
    // A first LF may belong to the line end of the frame before.
    for (let at = frames[0] === lf && !this.#isPassing ? 1 : 0; at < frames.length; ) {
      const end = endOfFrame(frames, at);
      const isCount = !(this.#isPassing && at === 0) && isNothingButCount(frames.subarray(at, end));
      if (isCount) {
        if (at > keptAt) kept.push(frames.subarray(keptAt, at));
        keptAt = end;
      }
      at = end;
    }
    if (keptAt === 0) return frames;
    if (keptAt < frames.length) kept.push(frames.subarray(keptAt));
    return Buffer.concat(kept);
  }
}
