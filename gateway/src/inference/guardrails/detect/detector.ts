/** A stretch of a text, in UTF-16 units from its beginning. */
export type Found = (start: number, end: number) => void;

/**
 * Looks for something in a text that comes character by character, and never goes back: so it finds the same however the text was cut.
 */
export interface Detector {
  /** The next character, a code point that begins `at`. */
  take(codePoint: number, at: number, found: Found): void;
  /** No more comes after `at`. */
  end(at: number, found: Found): void;
  /** Nothing that begins before it will be found any more; `Infinity` where nothing has begun. */
  readonly heldFrom: number;
}

/** Longer stretches are not recognised: so much of a stream, and no more, may have to wait. */
export const longestMatch = 512;

/** What words are made of in scripts that put spaces between them. In others every character may begin or end one. */
const wordCharacter = /^[\p{L}\p{N}_]$/u;
const spacelessScript =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const asciiWord = /^\w$/;

export const isWordCharacter = (codePoint: number): boolean => {
  const text = String.fromCodePoint(codePoint);
  if (codePoint < 128) return asciiWord.test(text);
  return wordCharacter.test(text) && !spacelessScript.test(text);
};
