const quote = 34;
const backslash = 92;
const colon = 58;
const comma = 44;
const openBrace = 123;
const openBracket = 91;
const closeBrace = 125;
const closeBracket = 93;
const space = 32;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** A member at the top of a JSON object: where it stands in the bytes. */
export interface Member {
  readonly name: string;
  readonly valueAt: number;
  readonly valueEnd: number;
}

/** The members at the top of an object, and where its first brace is. Deeper nothing was looked at. */
export interface Members {
  readonly openAt: number;
  readonly all: readonly Member[];
}

/** No API has names for as many. Of a body of nothing but members each would take ten times the memory of its bytes. */
export const mostMembers = 1_000;

const isEscaped = (bytes: Buffer, at: number): boolean => {
  let before = at - 1;
  while (bytes[before] === backslash) before -= 1;
  return (at - before) % 2 === 0;
};

/** After the quote that ends the string which begins there; -1 where none does. The search for quotes is the runtime's own: texts are long. */
const afterString = (bytes: Buffer, at: number): number => {
  let end = bytes.indexOf(quote, at + 1);
  while (end >= 0 && isEscaped(bytes, end)) end = bytes.indexOf(quote, end + 1);
  return end < 0 ? -1 : end + 1;
};

const afterSpace = (bytes: Buffer, from: number): number => {
  let at = from;
  while (at < bytes.length && (bytes[at] ?? 0) <= space) at += 1;
  return at;
};

/** After an object or an array; -1 where it does not end. */
const afterNest = (bytes: Buffer, from: number): number => {
  let depth = 0;
  let at = from;
  while (at >= 0 && at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      at = afterString(bytes, at);
      continue;
    }
    if (byte === openBrace || byte === openBracket) depth += 1;
    if (byte === closeBrace || byte === closeBracket) depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return -1;
};

const afterWord = (bytes: Buffer, from: number): number => {
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === comma || byte === closeBrace || byte <= space) break;
    at += 1;
  }
  return at === from ? -1 : at;
};

const afterValue = (bytes: Buffer, at: number): number => {
  const byte = bytes[at];
  if (byte === quote) return afterString(bytes, at);
  return byte === openBrace || byte === openBracket ? afterNest(bytes, at) : afterWord(bytes, at);
};

/** As a parser reads it: a name may be spelled with escapes, so that it looks like another one. */
const nameIn = (bytes: Buffer, at: number, end: number): string | undefined => {
  const text = bytes.toString('utf8', at, end);
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
};

const memberAt = (bytes: Buffer, nameAt: number): Member | undefined => {
  if (bytes[nameAt] !== quote) return undefined;
  const nameEnd = afterString(bytes, nameAt);
  if (nameEnd < 0) return undefined;
  const name = nameIn(bytes, nameAt, nameEnd);
  const colonAt = afterSpace(bytes, nameEnd);
  if (name === undefined || bytes[colonAt] !== colon) return undefined;
  const valueAt = afterSpace(bytes, colonAt + 1);
  const valueEnd = valueAt < bytes.length ? afterValue(bytes, valueAt) : -1;
  return valueEnd < 0 ? undefined : { name, valueAt, valueEnd };
};

/** All from the first one on, and the brace after the last. */
const gathered = (bytes: Buffer, from: number): { readonly all: readonly Member[]; readonly end: number } | undefined => {
  const all: Member[] = [];
  for (let at = from; ; at = afterSpace(bytes, at + 1)) {
    const member = memberAt(bytes, at);
    if (member === undefined) return undefined;
    all.push(member);
    at = afterSpace(bytes, member.valueEnd);
    if (bytes[at] === closeBrace) return { all, end: at };
    if (bytes[at] !== comma || all.length >= mostMembers) return undefined;
  }
};

/**
 * Finds the members at the top of a JSON object without reading what they hold; undefined where there is no such object, or one of too many. But for that
 * it takes everything that a parser takes, and finds the same members; not all that it takes is JSON, which whoever parses the whole will say.
 */
export const membersOf = (bytes: Buffer): Members | undefined => {
  const isMarked = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
  const openAt = afterSpace(bytes, isMarked ? byteOrderMark.length : 0);
  if (bytes[openAt] !== openBrace) return undefined;
  const first = afterSpace(bytes, openAt + 1);
  const found = bytes[first] === closeBrace ? { all: [], end: first } : gathered(bytes, first);
  return found && afterSpace(bytes, found.end + 1) === bytes.length ? { openAt, all: found.all } : undefined;
};

/** A piece of the bytes that is to be replaced; nothing of them where both places are the same. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The bytes with the edits made, which are in order and apart; the same bytes where there are none. */
export const edited = (bytes: Buffer, edits: readonly Edit[]): Buffer => {
  if (edits.length === 0) return bytes;
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { from, to, text } of edits) {
    pieces.push(bytes.subarray(at, from), Buffer.from(text));
    at = to;
  }
  pieces.push(bytes.subarray(at));
  return Buffer.concat(pieces);
};
