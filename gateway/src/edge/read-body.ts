import { isUtf8 } from 'node:buffer';
import { edgeFailure, Failed } from '../failure.ts';

export const depthLimit = 64;

const quote = 0x22;
const backslash = 0x5c;
/** What a byte outside of texts does to the depth. */
const steps = new Map([
  [0x5b, 1],
  [0x7b, 1],
  [0x5d, -1],
  [0x7d, -1],
]);

/** The place of the quote that ends the text which begins at `place`. */
const endOfText = (bytes: Uint8Array, place: number): number => {
  let at = place + 1;
  while (at < bytes.length && bytes[at] !== quote) at += bytes[at] === backslash ? 2 : 1;
  return at;
};

/** How deep arrays and objects go, looked up before anything is built of them. */
export const depthOf = (bytes: Uint8Array): number => {
  let depth = 0;
  let deepest = 0;
  for (let place = 0; place < bytes.length; place += 1) {
    const byte = bytes[place] ?? 0;
    if (byte === quote) place = endOfText(bytes, place);
    depth += steps.get(byte) ?? 0;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
};

/** Refuses the one name that would reach into the prototype of whatever it is copied onto. */
const withoutProto = (name: string, value: unknown): unknown => {
  if (name === '__proto__') throw new SyntaxError('the name __proto__ cannot be used');
  return value;
};

const parse = (text: string): unknown => {
  // A reviver is slow and rarely needed: an escape may spell the name too.
  const isSuspect = text.includes('__proto__') || text.includes('\\u');
  return isSuspect ? JSON.parse(text, withoutProto) : JSON.parse(text);
};

/** The value of a body, or a clear word about what is wrong with it. An empty body is none. */
export const readBody = (bytes: Buffer): unknown => {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Failed(edgeFailure('NotUtf8'));
  if (depthOf(bytes) > depthLimit) throw new Failed(edgeFailure('NestedTooDeep', { details: { limit: depthLimit } }));
  try {
    return parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.slice(0, 200) : 'it cannot be parsed';
    throw new Failed(edgeFailure('MalformedJson', { details: { reason } }), { cause });
  }
};
