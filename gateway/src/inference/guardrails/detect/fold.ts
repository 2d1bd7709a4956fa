const marks = /[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]/g;
const whitespace = /^\s$/u;

/**
 * A character as terms are compared: without case, accents, width and what cannot be seen; any white space is a space. Unicode's full case folding
 * is that of upper and then lower case, but for what no term needs. Empty where nothing is left of it.
 */
const folded = (codePoint: number): string => {
  const text = String.fromCodePoint(codePoint);
  if (whitespace.test(text)) return ' ';
  return text.normalize('NFKD').replace(marks, '').toUpperCase().toLowerCase().normalize('NFKD').replace(marks, '');
};

const ascii = Array.from({ length: 128 }, (_, codePoint) => folded(codePoint));

export const foldedCharacter = (codePoint: number): string => ascii[codePoint] ?? folded(codePoint);

/** The same of a text, in which a run of white space is one space. */
export const foldedText = (text: string): string =>
  [...text]
    .map((character) => foldedCharacter(character.codePointAt(0) ?? 0))
    .join('')
    .replace(/ +/g, ' ')
    .trim();
