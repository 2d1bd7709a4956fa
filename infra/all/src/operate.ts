import { CannotStart, ConfigInvalid } from '@orrery/process';
import type { Outcome } from './events/carry-out.ts';
import { WrongWords } from './events/command.ts';

export const printLine = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Runs an operator's command: one JSON line per result on stdout, and an exit code that scripts can read. */
export const operate = async (work: () => Promise<Outcome>): Promise<void> => {
  try {
    const { ok, lines } = await work();
    for (const line of lines) printLine(line);
    process.exitCode = ok ? 0 : 1;
  } catch (error) {
    const isPlain = [WrongWords, ConfigInvalid, CannotStart, RangeError].some((plain) => error instanceof plain);
    process.stderr.write(`${error instanceof Error ? (isPlain ? error.message : error.stack) : String(error)}\n`);
    process.exitCode = 2;
  }
};
