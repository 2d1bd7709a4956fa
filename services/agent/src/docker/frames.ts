import type { StreamName } from '../runtime/runtime.ts';

export interface Frame {
  readonly stream: StreamName;
  readonly bytes: Uint8Array;
}

const headerBytes = 8;
const lengthAt = 4;
const stderrKind = 2;

/**
 * Tells what a container wrote out of the engine's frames: a byte that names the stream, three of nothing, the length in four, and the
 * bytes (Docker Engine API, "Attach to a container: stream format"). Bytes are handed on as they come, for a frame may be long.
 */
export class Frames {
  #header: Uint8Array = new Uint8Array();
  #stream: StreamName = 'stdout';
  #due = 0;

  push(chunk: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    for (let rest = chunk; rest.length > 0; ) {
      if (this.#due === 0) {
        rest = this.#begin(rest);
        continue;
      }
      const bytes = rest.subarray(0, this.#due);
      frames.push({ stream: this.#stream, bytes });
      this.#due -= bytes.length;
      rest = rest.subarray(bytes.length);
    }
    return frames;
  }

  /** Takes what is missing of a header; answers what is left. */
  #begin(bytes: Uint8Array): Uint8Array {
    const taken = headerBytes - this.#header.length;
    this.#header = Buffer.concat([this.#header, bytes.subarray(0, taken)]);
    if (this.#header.length === headerBytes) {
      this.#stream = this.#header[0] === stderrKind ? 'stderr' : 'stdout';
      this.#due = new DataView(this.#header.buffer, this.#header.byteOffset).getUint32(lengthAt);
      this.#header = new Uint8Array();
    }
    return bytes.subarray(taken);
  }
}
