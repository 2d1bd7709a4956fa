const roomAtFirst = 65_536;
/** Shorter ones are written faster here than by the call that writes any text. */
const shortText = 64;
const lengthDelimited = 2;
const twoTo32 = 2 ** 32;

const nibble = (code: number): number => (code <= 57 ? code - 48 : code - 87);

/**
 * Writes Protocol Buffers (protobuf.dev/programming-guides/encoding) into one buffer that is used again and again: what is told of every request
 * is to leave nothing behind for the garbage collector.
 */
export class OtlpBytes {
  #bytes = Buffer.allocUnsafeSlow(roomAtFirst);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Good until something is written. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  /** Begins a message within; what comes until `close` is of it. */
  open(field: number): number {
    this.#makeRoom(8);
    this.#tag(field, lengthDelimited);
    this.length += 1;
    return this.length;
  }

  /** Its length stands before it: most take one byte for that, and what takes more is moved. */
  close(start: number): void {
    const size = this.length - start;
    let wider = 0;
    for (let rest = size >>> 7; rest > 0; rest >>>= 7) wider += 1;
    if (wider > 0) {
      this.#makeRoom(wider);
      this.#bytes.copyWithin(start + wider, start, this.length);
    }
    this.length = start - 1;
    this.#varint(size);
    this.length += size;
  }

  /** What was written elsewhere. */
  append(bytes: Buffer): void {
    this.#makeRoom(bytes.length);
    bytes.copy(this.#bytes, this.length);
    this.length += bytes.length;
  }

  text(field: number, text: string): void {
    const start = this.open(field);
    this.#makeRoom(text.length * 3);
    if (text.length > shortText || !this.#plain(text)) this.length = start + this.#bytes.write(text, start);
    this.close(start);
  }

  /** Ids, from hexadecimal digits. */
  hex(field: number, digits: string): void {
    this.#makeRoom(8 + digits.length / 2);
    this.#tag(field, lengthDelimited);
    this.#varint(digits.length / 2);
    for (let at = 0; at < digits.length; at += 2) {
      this.#bytes[this.length] = (nibble(digits.charCodeAt(at)) << 4) | nibble(digits.charCodeAt(at + 1));
      this.length += 1;
    }
  }

  /** Whole and not negative. */
  whole(field: number, value: number): void {
    this.#makeRoom(16);
    this.#tag(field, 0);
    this.#varint(value);
  }

  double(field: number, value: number): void {
    this.#makeRoom(16);
    this.#tag(field, 1);
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  flags(field: number, value: number): void {
    this.#makeRoom(16);
    this.#tag(field, 5);
    this.length = this.#bytes.writeUInt32LE(value, this.length);
  }

  /** Milliseconds since the epoch as nanoseconds: more than a number holds exactly, so in two halves. */
  time(field: number, ms: number): void {
    this.#makeRoom(16);
    this.#tag(field, 1);
    const micros = Math.round(ms * 1e3);
    const lower = (micros % twoTo32) * 1e3;
    const upper = Math.floor(micros / twoTo32) * 1e3 + Math.floor(lower / twoTo32);
    this.length = this.#bytes.writeUInt32LE(lower % twoTo32, this.length);
    this.length = this.#bytes.writeUInt32LE(upper % twoTo32, this.length);
  }

  /** False where the text is more than ASCII: then what was written of it counts for nothing. */
  #plain(text: string): boolean {
    const bytes = this.#bytes;
    const start = this.length;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code > 127) return false;
      bytes[start + at] = code;
    }
    this.length = start + text.length;
    return true;
  }

  #tag(field: number, wireType: number): void {
    this.#varint(field * 8 + wireType);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.length] = (rest % 128) | 128;
      this.length += 1;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.length] = rest;
    this.length += 1;
  }

  #makeRoom(size: number): void {
    if (this.length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + size));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }
}
