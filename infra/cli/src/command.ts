import { parseArgs } from 'node:util';
import type { Apply } from './apply/apply.ts';

export interface AdminCreate {
  readonly username: string;
  readonly email: string | undefined;
  /** The password is read from the standard input; else it is drawn. */
  readonly isPasswordGiven: boolean;
}

/** What was asked is no command. */
export class WrongWords extends Error {
  override readonly name = 'WrongWords';
}

export const help = `orrery apply <file.yaml> [--dry-run] [--yes] [--prune]

  Makes the catalog what the file says: providers, models, machine types, prices. Shows what it would do, and asks; --yes does not ask,
  --dry-run does nothing more. What the file does not name stays, unless --prune is given.

orrery admin create --username <name> [--email <address>] [--password-stdin]

  Makes an account that may do what the operator may. The password is drawn and printed once, or read from the standard input.

orrery login

  Logs this command line in for you: type the code that it shows in any browser, and a token lies in a file that only you read.

  ORRERY_TOKEN_FILE          that file (default: ~/.config/orrery/token.json)

  ORRERY_URL                 where the API is (default: http://127.0.0.1:8080)
  ORRERY_OPERATOR_KEY        the operator's key; or ORRERY_OPERATOR_KEY_FILE, the file that holds it
`;

const options = {
  username: { type: 'string' },
  email: { type: 'string' },
  'password-stdin': { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
  prune: { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parsed>['values'];

/** An option that means nothing to a command is a mistake about what it does. */
const assertNoOther = (values: Values, ...known: (keyof Values)[]): void => {
  const other = Object.keys(values).find((name) => !known.some((each) => each === name));
  if (other !== undefined) throw new WrongWords(`--${other} means nothing here.`);
};

const applyOf = (values: Values, files: readonly string[]): Apply => {
  assertNoOther(values, 'dry-run', 'yes', 'prune');
  const [file] = files;
  if (file === undefined || files.length > 1) throw new WrongWords('Say which file: orrery apply catalog.yaml.');
  return { file, isDryRun: values['dry-run'] ?? false, isAgreed: values.yes ?? false, isPruning: values.prune ?? false };
};

const parsed = (args: string[]) => {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
};

/** Undefined where help is wanted. */
export const commandOf = (argv: readonly string[]): AdminCreate | Apply | 'login' | undefined => {
  if (argv.length === 0 || argv.some((word) => word === '--help' || word === '-h' || word === 'help')) return undefined;
  const { values, positionals } = parsed([...argv]);
  const [first, ...rest] = positionals;
  if (first === 'apply') return applyOf(values, rest);
  const { username, email, 'password-stdin': isPasswordGiven = false } = values;
  if (positionals.join(' ') === 'login' && Object.keys(values).length === 0) return 'login';
  if (positionals.join(' ') !== 'admin create') throw new WrongWords(`There is no command ${JSON.stringify(positionals.join(' '))}.`);
  assertNoOther(values, 'username', 'email', 'password-stdin');
  if (username === undefined) throw new WrongWords('Say who it is: --username <name>.');
  return { username, email, isPasswordGiven };
};
