import { parseArgs } from 'node:util';
import { Problem } from './terminal.ts';

export interface CommandLine {
  readonly command: CommandName;
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
  exit: { type: 'boolean' },
  servers: { type: 'boolean' },
  quick: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type Option = Exclude<keyof typeof options, 'help'>;

/** Every command, and the options that mean something to it. */
const commands = {
  up: ['servers', 'name'],
  demo: ['exit', 'name'],
  dev: ['name'],
  start: ['name'],
  stop: ['name'],
  status: ['name'],
  clean: ['name'],
  test: ['quick'],
  check: ['quick'],
  bench: [],
  simulate: [],
  generate: [],
  lock: [],
  help: [],
} as const satisfies Readonly<Record<string, readonly Option[]>>;

export type CommandName = keyof typeof commands;

/** Commands whose words belong to another program, options and all. */
const passing: ReadonlySet<string> = new Set(['start', 'bench', 'simulate']);
/** Programs with a help of their own. */
const explaining: ReadonlySet<string> = new Set(['simulate']);

const spelled = (option: Option): string => (option === 'name' ? '--name <stack>' : `--${option}`);

const commandList = `The commands are ${Object.keys(commands).join(', ')}; node infra/dev/bin/orrery-dev.mjs help explains them`;

const isCommand = (word: string): word is CommandName => Object.hasOwn(commands, word);

const takes = (command: CommandName): string => {
  const known = commands[command].map(spelled);
  return known.length === 0 ? `${command} takes no options` : `${command} takes ${known.join(' and ')}`;
};

/** What a command is told before the words of another program begin. */
const ownPart = (command: CommandName, rest: readonly string[]): { own: string[]; others: string[] } => {
  if (!passing.has(command)) return { own: [...rest], others: [] };
  let end = 0;
  while (rest[end] === '--name') end += 2;
  if (!explaining.has(command) && (rest[end] === '--help' || rest[end] === '-h')) end += 1;
  return { own: rest.slice(0, end), others: rest.slice(end) };
};

const parsed = (command: CommandName, own: string[]) => {
  try {
    return parseArgs({ args: own, options, allowPositionals: true });
  } catch (error) {
    const [said = ''] = (error instanceof Error ? error.message : String(error)).split('. ');
    throw new Problem(`${said}: ${takes(command)}. ${commandList}`);
  }
};

export const commandLineOf = (argv: readonly string[], environment: NodeJS.ProcessEnv): CommandLine => {
  const [first = 'help', ...rest] = argv;
  const command = first === '--help' || first === '-h' ? 'help' : first;
  if (!isCommand(command)) throw new Problem(`There is no command ${JSON.stringify(command)}. ${commandList}`);
  const { own, others } = ownPart(command, rest);
  const { values, positionals } = parsed(command, own);
  const { help = false, name = environment.ORRERY_STACK || 'dev', exit = false, servers = false, quick = false } = values;
  const allowed: readonly string[] = commands[command];
  const strange = Object.keys(values).filter((option) => option !== 'help' && !allowed.includes(option));
  if (strange.length > 0) throw new Problem(`Unknown option '--${strange.join("', '--")}': ${takes(command)}. ${commandList}`);
  if (positionals.length > 0) throw new Problem(`Unexpected ${JSON.stringify(positionals.join(' '))}: ${takes(command)}. ${commandList}`);
  return { command: help ? 'help' : command, words: others, name, exit, servers, quick };
};
