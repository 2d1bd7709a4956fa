import { isNativeError } from 'node:util/types';

/** Something is wrong with what the simulator was given; the message names it, and how to mend it. */
export class InputProblem extends Error {
  override readonly name = 'InputProblem';
}

/** What an error says, in one line. */
export const reasonOf = (error: unknown): string => (isNativeError(error) ? error.message : String(error)).split('\n', 1)[0] ?? '';
