import { join } from 'node:path';
import type { CommandLine } from '../command-line.ts';
import { foreground } from '../foreground.ts';
import { environmentFor } from '../stack/environment-for.ts';

/** Looks after logs, streams and views by hand, as the operator of the bus. */
export const events = async (checkout: string, line: CommandLine, words: readonly string[]): Promise<void> => {
  const env = { ORRERY_LOG_LEVEL: 'warn', ...environmentFor(checkout, line, 'operator') };
  const main = join(checkout, 'infra/all/dist/events.main.js');
  process.exitCode = await foreground(process.execPath, ['--enable-source-maps', main, ...words], { cwd: checkout, env });
};
