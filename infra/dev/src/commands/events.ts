import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandLine } from '../command-line.ts';
import { foreground } from '../foreground.ts';
import { environmentFor } from '../stack/environment-for.ts';
import { Problem } from '../terminal.ts';

const services = ['identity', 'catalog', 'inference', 'execution', 'billing', 'observability'];

/** Looks after logs, streams and views by hand: each service with its own configuration and rights; without a name, all of them. */
export const events = async (checkout: string, line: CommandLine, words: readonly string[]): Promise<void> => {
  const main = join(checkout, 'infra/all/dist/events.js');
  if (!existsSync(main)) throw new Problem(`There is no ${main}: npm run build`);
  const [what = '', ...rest] = words;
  const named = rest.filter((word) => services.includes(word));
  const options = rest.filter((word) => !services.includes(word));
  for (const service of named.length > 0 ? named : services) {
    const env = environmentFor(checkout, line, service);
    const code = await foreground(process.execPath, [main, what, service, ...options], { cwd: checkout, env });
    if (code !== 0) {
      process.exitCode = code;
      return;
    }
  }
};
