import { parseArgs } from 'node:util';
import type { Apply } from './apply/apply.ts';
import type { Limits } from './limits.ts';
import type { Models } from './models/models.ts';

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

export const help = `orrery apply <file.yaml> [--dry-run] [--yes] [--prune] [--credentials]

  Makes the installation what the file says: providers, models, machine types, prices, upstreams, routes, limits. Shows what it would do, and
  asks; --yes does not ask, --dry-run does nothing more. What the file does not name stays, unless --prune is given. Credentials that are set
  already are set again with --credentials alone.

orrery limits get <organization>
orrery limits set <organization> [--user <id> | --key <id> | --model <name>] <limit>=<value> …
orrery limits clear <organization> [--user <id> | --key <id> | --model <name>]

  Shows and sets what an organization, by its id, may use of models: requestsPerMinute, tokensPerMinute, inputTokensPerMinute,
  outputTokensPerMinute, tokensPerMonth, concurrency, spendPerDay, spendPerMonth (in nano-units of its currency). What is not named stays;
  =none takes a limit away. It holds within a second.

orrery admin create --username <name> [--email <address>] [--password-stdin]

  Makes an account that may do what the operator may. The password is drawn and printed once, or read from the standard input.

orrery models pull <url | org/repo[@revision][:file]> [--to <directory>] [--sha256 <checksum>]
orrery models list | rm <file> [--to <directory>]

  Fetches a model to this machine, whole or not at all; what was cut off goes on. By its URL, or by its name on a hub.

  ORRERY_AGENT_WEIGHTS       that directory, as the agent of this machine has it
  ORRERY_MODEL_HUB, HF_TOKEN the hub (default: https://huggingface.co), and a token for what it does not show to everybody

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
  credentials: { type: 'boolean' },
  to: { type: 'string' },
  sha256: { type: 'string' },
  user: { type: 'string' },
  key: { type: 'string' },
  model: { type: 'string' },
} as const;

type Values = ReturnType<typeof parsed>['values'];

/** An option that means nothing to a command is a mistake about what it does. */
const assertNoOther = (values: Values, ...known: (keyof Values)[]): void => {
  const other = Object.keys(values).find((name) => !known.some((each) => each === name));
  if (other !== undefined) throw new WrongWords(`--${other} means nothing here.`);
};

const applyOf = (values: Values, files: readonly string[]): Apply => {
  assertNoOther(values, 'dry-run', 'yes', 'prune', 'credentials');
  const [file] = files;
  if (file === undefined || files.length > 1) throw new WrongWords('Say which file: orrery apply catalog.yaml.');
  return {
    file,
    isDryRun: values['dry-run'] ?? false,
    isAgreed: values.yes ?? false,
    isPruning: values.prune ?? false,
    areCredentialsSet: values.credentials ?? false,
  };
};

const howLimits = 'Say what: orrery limits get <organization>, set <organization> tokensPerMinute=200000, or clear <organization>.';

const limitsOf = (values: Values, [verb, org, ...pairs]: readonly string[]): Limits => {
  assertNoOther(values, 'user', 'key', 'model');
  const { user, key, model } = values;
  const things = [
    ...(user === undefined ? [] : [{ of: 'user', userId: user }]),
    ...(key === undefined ? [] : [{ of: 'key', keyId: key }]),
    ...(model === undefined ? [] : [{ of: 'model', model }]),
  ];
  if (things.length > 1) throw new WrongWords('Say one of --user, --key and --model.');
  if ((verb !== 'get' && verb !== 'set' && verb !== 'clear') || org === undefined || (verb === 'set') === (pairs.length === 0))
    throw new WrongWords(howLimits);
  if (verb === 'get' && things.length > 0) throw new WrongWords('orrery limits get shows all of them.');
  return { of: 'limits', verb, org, thing: things[0] ?? { of: 'org' }, pairs };
};

const modelsOf = (values: Values, [verb, ...rest]: readonly string[]): Models => {
  assertNoOther(values, 'to', 'sha256');
  const { to: directory, sha256 } = values;
  const wanted = verb === 'list' ? 0 : 1;
  if ((verb !== 'pull' && verb !== 'list' && verb !== 'rm') || rest.length !== wanted)
    throw new WrongWords('Say what: orrery models pull <url or name>, orrery models list, or orrery models rm <file>.');
  if (sha256 !== undefined && verb !== 'pull') throw new WrongWords('--sha256 means nothing here.');
  if (sha256 !== undefined && !/^[0-9a-fA-F]{64}$/.test(sha256)) throw new WrongWords('--sha256 wants 64 hexadecimal digits.');
  return { verb, what: rest[0], directory, sha256: sha256?.toLowerCase() };
};

const parsed = (args: string[]) => {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
};

/** Undefined where help is wanted. */
export const commandOf = (argv: readonly string[]): AdminCreate | Apply | Limits | Models | 'login' | undefined => {
  if (argv.length === 0 || argv.some((word) => word === '--help' || word === '-h' || word === 'help')) return undefined;
  const { values, positionals } = parsed([...argv]);
  const [first, ...rest] = positionals;
  if (first === 'apply') return applyOf(values, rest);
  if (first === 'models') return modelsOf(values, rest);
  if (first === 'limits') return limitsOf(values, rest);
  const { username, email, 'password-stdin': isPasswordGiven = false } = values;
  if (positionals.join(' ') === 'login' && Object.keys(values).length === 0) return 'login';
  if (positionals.join(' ') !== 'admin create') throw new WrongWords(`There is no command ${JSON.stringify(positionals.join(' '))}.`);
  assertNoOther(values, 'username', 'email', 'password-stdin');
  if (username === undefined) throw new WrongWords('Say who it is: --username <name>.');
  return { username, email, isPasswordGiven };
};
