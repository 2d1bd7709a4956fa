import { randomBytes } from 'node:crypto';
import { Problem } from './place.ts';

const chanceBytes = 18;
const mostCharacters = 1_000;

/** 144 bits, in letters and digits that can be copied. */
export const drawnPassword = (): string => randomBytes(chanceBytes).toString('base64url');

/** The first line of what is piped in: editors and `echo` end it with a line feed. */
export const passwordFrom = async (input: AsyncIterable<string | Buffer>): Promise<string> => {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.includes('\n') || text.length > mostCharacters) break;
  }
  const [line = ''] = text.split(/\r?\n/, 1);
  if (line === '') throw new Problem('No password came: pipe one in, as in `orrery admin create --username ada --password-stdin < file`.');
  return line;
};
