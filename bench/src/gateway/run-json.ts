import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a program says on its output, from the first brace on. */
export const runJson = async (command: string, args: readonly string[], withinMs: number): Promise<unknown> => {
  const { stdout } = await run(command, args, { timeout: withinMs, maxBuffer: 64 * 1_024 * 1_024 });
  const at = stdout.indexOf('{"');
  if (at < 0) throw new SyntaxError(`${command} told no figures: ${stdout.slice(0, 500)}`);
  return JSON.parse(stdout.slice(at));
};
