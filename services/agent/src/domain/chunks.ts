/** Bytes of a chunk; a batch holds a few of them and must fit one message even where every byte needs six to be written down. */
export const maxChunkBytes = 64 * 1024;

const newline = 0x0a;
/** No character of UTF-8 is longer. */
const longest = 4;

/** How many bytes the character that begins with this byte has; 0 for a byte that begins none. */
const lengthFrom = (lead: number): number => {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
};

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/**
 * Where `bytes` may be cut at or before `end` without cutting a character in two. Bytes that are no UTF-8 are no
 * character and may be cut anywhere, so the answer is at most three less than `end`.
 */
const characterBoundary = (bytes: Uint8Array, end: number): number => {
  const last = bytes.subarray(Math.max(0, end - longest), end).toReversed();
  for (const [following, byte] of last.entries()) {
    if (isContinuation(byte)) continue;
    return lengthFrom(byte) > following + 1 ? end - following - 1 : end;
  }
  return end;
};

/** After the last line that ends within the second half of the first `limit` bytes; a long line is cut at a character. */
const lineBoundary = (bytes: Uint8Array, limit: number): number => {
  const last = bytes.subarray(0, limit).lastIndexOf(newline);
  return last + 1 > limit / 2 ? last + 1 : characterBoundary(bytes, limit);
};

export interface CutOptions {
  readonly limit?: number;
  /** Nothing will follow: what is left of a character is given out too, to be replaced when it is decoded. */
  readonly isFinal: boolean;
}

/** Lengths of the chunks that `bytes` begins with. Together they are all of it, less a character that is not whole yet. */
export const cutOutput = (bytes: Uint8Array, { limit = maxChunkBytes, isFinal }: CutOptions): number[] => {
  const lengths: number[] = [];
  let from = 0;
  while (bytes.length - from > limit) {
    const length = Math.max(1, lineBoundary(bytes.subarray(from, from + limit), limit));
    lengths.push(length);
    from += length;
  }
  const rest = bytes.subarray(from);
  const length = isFinal ? rest.length : characterBoundary(rest, rest.length);
  if (length > 0) lengths.push(length);
  return lengths;
};

/** Bytes that follow the last whole line. */
export const tailLength = (bytes: Uint8Array): number => bytes.length - 1 - bytes.lastIndexOf(newline);

/** Text of one chunk. A byte that is no UTF-8 becomes a replacement character; a byte order mark stays. */
export const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
