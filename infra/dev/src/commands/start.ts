import type { CommandLine } from '../command-line.ts';
import { foreground } from '../foreground.ts';
import { environmentOf } from '../stack/environment.ts';
import { pathsOf } from '../stack/paths.ts';
import { nodeArgumentsOf, programNames } from '../stack/programs.ts';
import { runningStack } from '../stack/record.ts';
import { secretsOf } from '../stack/secrets.ts';
import { Problem, terminal } from '../terminal.ts';
import { events } from './events.ts';

const usage = `npm run start -- <program>, one of: ${programNames.join(', ')}; or: npm run start -- events <what>`;

/** The environment of a program: that of the stack that runs here, or ours as it is. */
export const environmentFor = (checkout: string, line: CommandLine, program: string): NodeJS.ProcessEnv => {
  const paths = pathsOf(checkout, line.name);
  const running = runningStack(paths);
  if (running === undefined) return process.env;
  terminal.note(`with the servers of the stack that runs here (process ${running.owner.pid})`);
  const chosen = environmentOf(program, running, secretsOf(paths), process.env);
  // A second gateway beside the stack's own must not fight for its port.
  return { ...chosen, ORRERY_HTTP_PORT: process.env.ORRERY_HTTP_PORT ?? '0' };
};

/** One program in the foreground. */
export const start = async (checkout: string, line: CommandLine): Promise<void> => {
  const [program, ...rest] = line.words;
  if (program === undefined) throw new Problem(usage);
  if (program === 'events') return events(checkout, line, rest);
  const args = [...nodeArgumentsOf(checkout, program), ...rest];
  process.exitCode = await foreground(process.execPath, args, { cwd: checkout, env: environmentFor(checkout, line, program) });
};
