import { isMembers, parsed } from '../../shapes/members.ts';
import type { Client } from '../../shapes/shape.ts';
import type { Watch } from '../masking.ts';
import { isAnswerText } from './answer-texts.ts';
import { maskedTexts } from './masked-texts.ts';
import { plainArguments } from './plain-arguments.ts';
import { eachPlace, type Place, withoutLetters } from './walk.ts';

/** What became of a body. */
export interface Guarded {
  readonly body: Buffer;
  readonly blockedBy: string | undefined;
  readonly hasMasked: boolean;
}

/** The texts of a whole answer, and what makes another answer of other ones. Throws where it is no JSON object. */
export const answerTexts = (
  client: Client,
  body: Buffer,
): { texts: readonly string[]; withTexts: (texts: readonly string[]) => Buffer } => {
  const answer = parsed(body.toString());
  if (!isMembers(answer)) throw new SyntaxError('the answer of the model server is no JSON object');
  const places: Place[] = [];
  eachPlace(
    answer,
    (path) => isAnswerText(client, path),
    (place) => places.push(place),
  );
  const read = places.map(({ path, text }) => (path.at(-1) === 'arguments' ? plainArguments(text) : text));
  return {
    texts: read,
    withTexts: (texts) => {
      if (read.every((text, index) => texts[index] === text)) return body;
      for (const [index, { text, put }] of places.entries()) put(texts[index] ?? text);
      withoutLetters(answer);
      return Buffer.from(JSON.stringify(answer));
    },
  };
};

/** A whole answer, in the client's protocol. Without anything in it to find it is the same bytes. */
export const guardedAnswer = async (client: Client, body: Buffer, watches: () => readonly Watch[]): Promise<Guarded> => {
  const { texts, withTexts } = answerTexts(client, body);
  const { texts: known, blockedBy, hasMasked } = await maskedTexts(texts, watches);
  return { body: blockedBy === undefined ? withTexts(known) : body, blockedBy, hasMasked };
};
