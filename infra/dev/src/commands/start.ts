import type { CommandLine } from '../command-line.ts';
import { foreground } from '../foreground.ts';
import { environmentFor } from '../stack/environment-for.ts';
import { nodeArgumentsOf, programNames } from '../stack/programs.ts';
import { Problem } from '../terminal.ts';
import { isOperatorProgram, operate } from './operate.ts';

const usage = `npm run start -- <program>, one of: ${programNames.join(', ')}; or: npm run start -- events <what>, npm run start -- keys <what>`;

/** One program in the foreground. */
export const start = async (checkout: string, line: CommandLine): Promise<void> => {
  const [program, ...rest] = line.words;
  if (program === undefined) throw new Problem(`Which program? ${usage}`);
  if (isOperatorProgram(program)) return operate(program, checkout, line, rest);
  const args = [...nodeArgumentsOf(checkout, program), ...rest];
  process.exitCode = await foreground(process.execPath, args, { cwd: checkout, env: environmentFor(checkout, line, program) });
};
