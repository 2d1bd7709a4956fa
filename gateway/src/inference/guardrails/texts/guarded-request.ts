import { setImmediate } from 'node:timers/promises';
import type { Client } from '../../shapes/shape.ts';
import { Masking, type Watch } from '../masking.ts';
import type { Guarded } from './guarded-answer.ts';
import { decoded, eachString, type JsonString, rewritten } from './json-strings.ts';
import { isRequestText } from './request-texts.ts';

/** So much is looked at before others have their turn. */
const sliceLength = 16_384;

/** The texts of a request, in which only the strings are found that a model reads. The body must be JSON. */
export const requestTexts = (
  client: Client,
  body: Buffer,
): { texts: readonly string[]; withTexts: (texts: readonly string[]) => Buffer } => {
  const json = body.toString();
  const strings: JsonString[] = [];
  eachString(json, ({ path, from, to }) => {
    if (isRequestText(client, path)) strings.push({ path: [], from, to });
  });
  const texts = strings.map(({ from, to }) => decoded(json.slice(from, to)));
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

/** A request, as the client sent it. A long one is looked at piece by piece, for whoever wrote it is not the only one. */
export const guardedRequest = async (client: Client, body: Buffer, watches: () => readonly Watch[]): Promise<Guarded> => {
  const { texts, withTexts } = requestTexts(client, body);
  const known: string[] = [];
  let hasMasked = false;
  let looked = 0;
  for (const text of texts) {
    const masking = new Masking(watches());
    let whole = '';
    for (let at = 0; at < text.length; at += sliceLength) {
      whole += masking.push(text.slice(at, at + sliceLength));
      looked += sliceLength;
      if (looked > sliceLength && text.length > sliceLength) await setImmediate();
    }
    known.push(whole + masking.end());
    hasMasked ||= masking.masked > 0;
    if (masking.blockedBy !== undefined) return { body, blockedBy: masking.blockedBy, hasMasked };
  }
  return { body: withTexts(known), blockedBy: undefined, hasMasked };
};
