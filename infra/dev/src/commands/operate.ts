import { join } from 'node:path';
import type { CommandLine } from '../command-line.ts';
import { foreground } from '../foreground.ts';
import { environmentFor } from '../stack/environment-for.ts';

/** Programs that look after the platform by hand, each with words of its own. */
const operatorPrograms = ['events', 'keys'] as const;
type OperatorProgram = (typeof operatorPrograms)[number];

export const isOperatorProgram = (word: string): word is OperatorProgram => (operatorPrograms as readonly string[]).includes(word);

/** Runs one of them, as the operator of the bus. */
export const operate = async (program: OperatorProgram, checkout: string, line: CommandLine, words: readonly string[]): Promise<void> => {
  const env = { ORRERY_LOG_LEVEL: 'warn', ...environmentFor(checkout, line, 'operator') };
  const main = join(checkout, `infra/all/dist/${program}.main.js`);
  process.exitCode = await foreground(process.execPath, ['--enable-source-maps', main, ...words], { cwd: checkout, env });
};
