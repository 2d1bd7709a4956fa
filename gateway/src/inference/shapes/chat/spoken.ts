import type { Members } from '../members.ts';
import { wholeOf } from './chunk.ts';

/** What the model said in a whole answer, without what it thought. */
export const spokenIn = (body: Members): string =>
  wholeOf(body)
    .pieces.filter(({ kind }) => kind === 'text' || kind === 'refusal')
    .map(({ text }) => text)
    .join('');
