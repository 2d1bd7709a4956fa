import { parseArgs } from 'node:util';
import { Problem } from './terminal.ts';

export interface CommandLine {
  readonly command: string;
  /** What follows the command and is no option of ours. */
  readonly words: readonly string[];
  /** Which stack of this checkout. */
  readonly name: string;
  /** Stop everything after the last step. */
  readonly exit: boolean;
  /** Only the servers, no programs. */
  readonly servers: boolean;
  /** Only what takes seconds. */
  readonly quick: boolean;
}

const options = {
  name: { type: 'string' },
  exit: { type: 'boolean', default: false },
  servers: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
} as const;

/** Commands whose words belong to another program, options and all. */
const passing = new Set(['start', 'bench', 'generate']);

export const commandLineOf = (argv: readonly string[], environment: NodeJS.ProcessEnv): CommandLine => {
  const [command = 'help', ...rest] = argv;
  const defaults = { command, name: environment.ORRERY_STACK ?? 'dev', exit: false, servers: false, quick: false };
  if (passing.has(command)) return { ...defaults, words: rest };
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options, allowPositionals: true });
    const { name = defaults.name, ...flags } = values;
    return { ...defaults, ...flags, name, words: positionals };
  } catch (error) {
    throw new Problem(error instanceof Error ? error.message : String(error));
  }
};
