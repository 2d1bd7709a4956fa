import { join } from 'node:path';
import type { CommandLine } from '../command-line.ts';
import { foreground } from '../foreground.ts';

/** Needs no server: files in, a table out. */
export const simulate = async (checkout: string, line: CommandLine): Promise<void> => {
  // Paths are meant from where the command was given.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  process.exitCode = await foreground(process.execPath, [join(checkout, 'infra/simulator/dist/main.js'), ...line.words], { cwd });
};
