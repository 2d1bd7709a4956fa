import { parseArgs } from 'node:util';

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

export const help = `orrery admin create --username <name> [--email <address>] [--password-stdin]

  Makes an account that may do what the operator may. The password is drawn and printed once, or read from the standard input.

orrery login

  Logs this command line in for you: type the code that it shows in any browser, and a token lies in a file that only you read.

  ORRERY_TOKEN_FILE          that file (default: ~/.config/orrery/token.json)

  ORRERY_URL                 where the API is (default: http://127.0.0.1:8080)
  ORRERY_OPERATOR_KEY        the operator's key; or ORRERY_OPERATOR_KEY_FILE, the file that holds it
`;

const options = { username: { type: 'string' }, email: { type: 'string' }, 'password-stdin': { type: 'boolean' } } as const;

const parsed = (args: string[]) => {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
};

/** Undefined where help is wanted. */
export const commandOf = (argv: readonly string[]): AdminCreate | 'login' | undefined => {
  if (argv.length === 0 || argv.some((word) => word === '--help' || word === '-h' || word === 'help')) return undefined;
  const { values, positionals } = parsed([...argv]);
  const { username, email, 'password-stdin': isPasswordGiven = false } = values;
  if (positionals.join(' ') === 'login' && Object.keys(values).length === 0) return 'login';
  if (positionals.join(' ') !== 'admin create') throw new WrongWords(`There is no command ${JSON.stringify(positionals.join(' '))}.`);
  if (username === undefined) throw new WrongWords('Say who it is: --username <name>.');
  return { username, email, isPasswordGiven };
};
