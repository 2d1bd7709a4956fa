const quote = 34;
const backslash = 92;
const colon = 58;
const comma = 44;
const openBrace = 123;
const closeBrace = 125;
const openBracket = 91;
const closeBracket = 93;

/** From the outside to the inside: names of members, and places in lists. */
export type Path = readonly (string | number)[];

/** A string that is a value somewhere in a JSON text, with its quotes. */
export interface JsonString {
  readonly path: Path;
  readonly from: number;
  readonly to: number;
}

const endOfString = (json: string, from: number): number => {
  for (let at = from + 1; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === quote) return at + 1;
    if (unit === backslash) at += 1;
  }
  return json.length;
};

/** What a string means. */
export const decoded = (literal: string): string => String(JSON.parse(literal));

/** Calls back with every string that is a value, in their order, of names that are given twice each. The text must be JSON. */
export const eachString = (json: string, found: (string: JsonString) => void): void => {
  const path: (string | number)[] = [];
  let name = '';
  let isName = false;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charCodeAt(at)) {
      case openBrace:
        path.push('');
        isName = true;
        break;
      case openBracket:
        path.push(0);
        isName = false;
        break;
      case closeBrace:
      case closeBracket:
        path.pop();
        isName = false;
        break;
      case colon:
        path[path.length - 1] = name;
        isName = false;
        break;
      case comma: {
        const place = path.at(-1);
        isName = typeof place === 'string';
        if (typeof place === 'number') path[path.length - 1] = place + 1;
        break;
      }
      case quote: {
        const to = endOfString(json, at);
        if (isName) name = decoded(json.slice(at, to));
        else found({ path, from: at, to });
        at = to - 1;
      }
    }
  }
};

/** What stands where a string stood. */
export interface Rewritten {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The same JSON with other texts in it, which are in order; the rest of it is as it was. */
export const rewritten = (json: string, texts: readonly Rewritten[]): string => {
  let out = '';
  let at = 0;
  for (const { from, to, text } of texts) {
    out += json.slice(at, from) + text;
    at = to;
  }
  return out + json.slice(at);
};
