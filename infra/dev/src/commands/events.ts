import type { CommandLine } from '../command-line.ts';
import { Problem } from '../terminal.ts';

/** Mends the streams by hand. */
export const events = (_checkout: string, _line: CommandLine, words: readonly string[]): Promise<void> => {
  throw new Problem(`There is no way yet to ${words.join(' ') || 'do nothing'}`);
};
