import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { InputProblem, reasonOf } from './problem.ts';

/** `option` is what named the file, for whoever has to mend it. */
export const textOf = (file: string, option: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputProblem(`${option} ${file} cannot be read: ${reasonOf(error)}`);
  }
};

const cannotWrite = (file: string, option: string, error: unknown): InputProblem =>
  new InputProblem(`${option} ${file} cannot be written: ${reasonOf(error)}`);

export const write = (file: string, option: string, text: string): void => {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw cannotWrite(file, option, error);
  }
};

export interface Rows {
  readonly write: (row: object) => void;
  readonly close: () => void;
}

const rowsTogether = 1_000;

/** Rows go to the file as they come, some together; a million of them need no memory. */
export const rowWriter = (file: string | undefined, option: string): Rows => {
  if (file === undefined) return { write: () => undefined, close: () => undefined };
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (error) {
    throw cannotWrite(file, option, error);
  }
  let lines: string[] = [];
  const flush = (): void => {
    try {
      writeFileSync(descriptor, lines.join(''));
    } catch (error) {
      throw cannotWrite(file, option, error);
    }
    lines = [];
  };
  return {
    write: (row) => {
      lines.push(`${JSON.stringify(row)}\n`);
      if (lines.length === rowsTogether) flush();
    },
    close: () => {
      flush();
      closeSync(descriptor);
    },
  };
};
