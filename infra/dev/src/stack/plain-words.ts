import { existsSync, readFileSync } from 'node:fs';

/** What a program said to people at the end of its log: lines after the last one that is for programs. */
export const plainWordsIn = (log: string): string => {
  const lines = log.trimEnd().split('\n');
  const last = lines.findLastIndex((line) => line.startsWith('{'));
  return lines
    .slice(last + 1)
    .join('\n')
    .trim();
};

export const plainWordsOf = (file: string): string => (existsSync(file) ? plainWordsIn(readFileSync(file, 'utf8')) : '');
