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

interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

const told = (line: string): string => {
  try {
    const { level = '', msg = '', err }: LogLine = JSON.parse(line);
    return `${level.padEnd(5)} ${msg}${err?.message === undefined ? '' : `: ${err.message}`}`;
  } catch {
    return line;
  }
};

const tailLines = 10;

/** The end of a log as people read it, what is repeated only once. */
export const endOf = (log: string): string => {
  const lines = log.trimEnd().split('\n').map(told);
  return lines
    .filter((line, index) => line !== lines[index - 1])
    .slice(-tailLines)
    .join('\n');
};

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** What a program that could not be started has to say for itself. */
export const lastWordsOf = (file: string): string => {
  const log = textOf(file);
  return plainWordsIn(log) || endOf(log);
};
