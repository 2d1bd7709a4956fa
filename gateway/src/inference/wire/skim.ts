import type { Shape } from './shapes.ts';

const quote = 34;
const backslash = 92;
const letterU = 117;
const colon = 58;
const comma = 44;
const openBrace = 123;
const openBracket = 91;
const closeBrace = 125;
const closeBracket = 93;
const space = 32;

/** Longer names and values are none that anybody asks for. */
const longestWord = 40;
/** No honest `usage` is longer. */
const longestUsage = 4_096;
/** Deeper nothing is looked for by its path. */
const deepest = 2;

/** By length and first letter whether a string may be a word that matters: most are not, and need not be decoded. */
const wordsOf = ({ texts, usages, errors, lastTypes, errorTypes }: Shape): Uint8Array => {
  const marked = new Uint8Array((longestWord + 1) * 256);
  for (const word of ['type', ...texts, ...usages.flat(), ...errors.flat(), ...lastTypes, ...errorTypes]) {
    marked[word.length * 256 + word.charCodeAt(0)] = 1;
  }
  return marked;
};

const known = new Map<Shape, Uint8Array>();

/**
 * Reads JSON as it passes, without decoding it: counts the characters of texts that a model wrote, keeps the bytes of `usage`, sees errors and ends. It
 * may be cut anywhere. Nothing is trusted: what is no JSON tells less, and is never a fault. Within a string every quote has a backslash
 * before it, so no text can be taken for a member.
 */
export class Skim {
  readonly #shape: Shape;
  readonly #words: Uint8Array;
  /** UTF-16 units or fewer; an escape is one. */
  textLength = 0;
  isError = false;
  isLast = false;
  /** As JSON, in the order they came. */
  readonly usages: string[] = [];

  #depth = 0;
  /** The member that it is in, and the one around it. */
  #names: [string, string, string] = ['', '', ''];
  #text = '';
  #isInString = false;
  #isEscaped = false;
  #length = 0;
  #bytes = 0;
  #wordAt = 0;
  /** The beginning of a word that was cut. */
  #cut = '';
  #word = '';
  /** Whether the string that ended last was a name or a value is told by what follows. */
  #isPending = false;
  #usage: Buffer[] = [];
  #usageBytes = 0;
  /** How deep the `usage` lies that is being kept; 0 while none is. */
  #usageDepth = 0;

  constructor(shape: Shape) {
    this.#shape = shape;
    const words = known.get(shape) ?? wordsOf(shape);
    known.set(shape, words);
    this.#words = words;
  }

  /** What is pushed from here on is another text. */
  begin(): void {
    this.#depth = 0;
    this.#names = ['', '', ''];
    this.#text = '';
    this.#isInString = false;
    this.#isEscaped = false;
    this.#isPending = false;
    this.#usageDepth = 0;
    this.#usage = [];
    this.#usageBytes = 0;
  }

  push(chunk: Buffer): void {
    let usageAt = 0;
    this.#wordAt = 0;
    let at = 0;
    while (at < chunk.length) {
      if (this.#isInString) {
        at = this.#throughString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? space;
      at += 1;
      if (byte <= space) continue;
      const wasKept = this.#usageDepth;
      this.#structure(byte, at);
      if (wasKept === this.#usageDepth) continue;
      if (wasKept === 0) usageAt = at - 1;
      else this.#endUsage(chunk.subarray(usageAt, at));
    }
    if (this.#usageDepth > 0) this.#keepUsage(chunk.subarray(usageAt));
    if (this.#isInString && this.#bytes <= longestWord) this.#cut += chunk.toString('latin1', this.#wordAt);
  }

  /** To the byte after the closing quote, or to the end of what there is. */
  #throughString(chunk: Buffer, from: number): number {
    let length = this.#length;
    let isEscaped = this.#isEscaped;
    let at = from;
    let isOver = false;
    while (at < chunk.length && !isOver) {
      const byte = chunk[at] ?? 0;
      at += 1;
      if (isEscaped) {
        isEscaped = false;
        // Its four digits are counted as they come.
        if (byte === letterU) length -= 4;
      } else if (byte === quote) {
        isOver = true;
      } else {
        isEscaped = byte === backslash;
        // Every byte of a character but the first begins with the bits 10.
        if ((byte & 0xc0) !== 0x80) length += 1;
      }
    }
    this.#length = length;
    this.#isEscaped = isEscaped;
    this.#bytes += at - from;
    if (isOver) this.#endString(chunk, at - 1);
    return at;
  }

  #endString(chunk: Buffer, end: number): void {
    this.#isInString = false;
    this.#isPending = true;
    this.#word = '';
    const bytes = this.#bytes - 1;
    if (bytes > longestWord || bytes === 0) return;
    const first = this.#cut === '' ? (chunk[this.#wordAt] ?? 0) : this.#cut.charCodeAt(0);
    if (this.#words[bytes * 256 + first] === 1) this.#word = this.#cut + chunk.toString('latin1', this.#wordAt, end);
  }

  #structure(byte: number, after: number): void {
    if (this.#isPending) {
      this.#isPending = false;
      if (byte === colon) this.#enterMember();
      else this.#endText();
    }
    switch (byte) {
      case quote:
        this.#isInString = true;
        this.#isEscaped = false;
        this.#length = 0;
        this.#bytes = 0;
        this.#cut = '';
        this.#wordAt = after;
        return;
      case comma:
        this.#text = '';
        return;
      case openBrace:
        this.#open();
        this.#depth += 1;
        this.#text = '';
        return;
      case openBracket:
        this.#depth += 1;
        this.#text = '';
        if (this.#depth <= deepest) this.#names[this.#depth] = '';
        return;
      case closeBrace:
      case closeBracket:
        this.#text = '';
        if (this.#depth > 0) this.#depth -= 1;
        if (this.#usageDepth > 0 && this.#depth < this.#usageDepth) this.#usageDepth = 0;
    }
  }

  #enterMember(): void {
    this.#text = this.#shape.texts.includes(this.#word) ? this.#word : '';
    if (this.#depth <= deepest) this.#names[this.#depth] = this.#word;
  }

  #endText(): void {
    if (this.#text !== '') this.textLength += Math.max(0, this.#length);
    if (this.#depth > deepest) return;
    if (this.#length > 0 && this.#isAt(this.#shape.errors)) this.isError = true;
    if (this.#depth !== 1 || this.#names[1] !== 'type') return;
    if (this.#shape.lastTypes.includes(this.#word)) this.isLast = true;
    if (this.#shape.errorTypes.includes(this.#word)) this.isError = true;
  }

  /** An object begins as the value of the member that it is in. */
  #open(): void {
    if (this.#depth === 0 || this.#depth > deepest) {
      if (this.#depth < deepest) this.#names[this.#depth + 1] = '';
      return;
    }
    if (this.#isAt(this.#shape.errors)) this.isError = true;
    if (this.#usageDepth === 0 && this.#isAt(this.#shape.usages)) this.#usageDepth = this.#depth + 1;
    if (this.#depth < deepest) this.#names[this.#depth + 1] = '';
  }

  #isAt(paths: readonly (readonly string[])[]): boolean {
    const [, first, second] = this.#names;
    const depth = this.#depth;
    return paths.some((path) => path.length === depth && path[0] === first && (depth === 1 || path[1] === second));
  }

  #keepUsage(piece: Buffer): void {
    this.#usageBytes += piece.length;
    if (this.#usageBytes <= longestUsage) this.#usage.push(piece);
  }

  #endUsage(piece: Buffer): void {
    this.#keepUsage(piece);
    if (this.#usageBytes <= longestUsage) this.usages.push(Buffer.concat(this.#usage).toString());
    this.#usage = [];
    this.#usageBytes = 0;
  }
}
