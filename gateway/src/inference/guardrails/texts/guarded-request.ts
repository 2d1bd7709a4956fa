import type { Client } from '../../shapes/shape.ts';
import type { Watch } from '../masking.ts';
import { Documents } from './documents.ts';
import type { Guarded } from './guarded-answer.ts';
import { decoded, eachString, type JsonString, rewritten } from './json-strings.ts';
import { maskedTexts } from './masked-texts.ts';
import { plainArguments } from './plain-arguments.ts';
import { isRequestText } from './request-texts.ts';

/** The texts of a request, in which only the strings are found that a model reads. The body must be JSON. */
export const requestTexts = (
  client: Client,
  body: Buffer,
): { texts: readonly string[]; withTexts: (texts: readonly string[]) => Buffer } => {
  const json = body.toString();
  const strings: JsonString[] = [];
  const documents = new Documents();
  eachString(json, ({ path, from, to }) => {
    if (isRequestText(client, path)) strings.push({ path: path.slice(-1), from, to });
    else if (client === 'messages') documents.note(json, { path, from, to });
  });
  for (const text of documents.texts) strings.push(text);
  strings.sort((one, other) => one.from - other.from);
  const texts = strings.map(({ from, to, path }) => {
    const text = decoded(json.slice(from, to));
    return path.at(-1) === 'arguments' ? plainArguments(text) : text;
  });
  return {
    texts,
    withTexts: (others) => {
      const changed = strings.flatMap(({ from, to }, index) => {
        const other = others[index];
        return other === undefined || other === texts[index] ? [] : [{ from, to, text: JSON.stringify(other) }];
      });
      return changed.length === 0 ? body : Buffer.from(rewritten(json, changed));
    },
  };
};

/** A request, as the client sent it. */
export const guardedRequest = async (client: Client, body: Buffer, watches: () => readonly Watch[]): Promise<Guarded> => {
  const { texts, withTexts } = requestTexts(client, body);
  const { texts: known, blockedBy, hasMasked } = await maskedTexts(texts, watches);
  return { body: blockedBy === undefined ? withTexts(known) : body, blockedBy, hasMasked };
};
