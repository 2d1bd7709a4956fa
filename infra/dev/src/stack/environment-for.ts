import type { CommandLine } from '../command-line.ts';
import { terminal } from '../terminal.ts';
import { environmentOf } from './environment.ts';
import { pathsOf } from './paths.ts';
import { runningStack } from './record.ts';
import { secretsOf } from './secrets.ts';

/** The environment of a program: that of the stack that runs here, or ours as it is. */
export const environmentFor = (checkout: string, line: CommandLine, program: string): NodeJS.ProcessEnv => {
  const paths = pathsOf(checkout, line.name);
  const running = runningStack(paths);
  if (running === undefined) {
    if (!process.env.ORRERY_POSTGRES_URL)
      terminal.note('no stack runs here, so everything must be in the environment: npm run up -- --servers starts one');
    return process.env;
  }
  terminal.note(`with the servers of the stack that runs here (process ${running.owner.pid})`);
  const chosen = environmentOf(program, running, secretsOf(paths), process.env);
  // A second gateway beside the stack's own must not fight for its port.
  return { ...chosen, ORRERY_HTTP_PORT: process.env.ORRERY_HTTP_PORT ?? '0' };
};
