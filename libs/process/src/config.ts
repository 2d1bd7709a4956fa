import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

interface About {
  /** What the value means, as the end of "expected …". */
  readonly says: string;
  readonly example: string;
  /** Its value is never shown. */
  readonly secret?: boolean;
}

interface Variable extends About {
  readonly name: string;
}

const variables = z.registry<Variable>();

/** One variable of the environment as a field of a configuration. Defaults and `.optional()` go into `schema`, before this. */
export const variable = <S extends z.ZodType>(name: string, schema: S, about: About): S => {
  // A schema may be used for several variables, a registry entry belongs to one: so each variable gets its own copy.
  const own = schema.meta({});
  variables.add(own, { ...about, name });
  return own;
};

export interface Mistake {
  readonly variable: string;
  readonly problem: string;
  readonly expected: string;
  readonly example: string;
}

const lineOf = ({ variable: name, problem, expected, example }: Mistake): string =>
  `  ${name} ${problem}: expected ${expected}, for example ${example}`;

/** Everything that is wrong with the environment at once, in words that say the mend. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid';
  readonly mistakes: readonly Mistake[];
  constructor(program: string, mistakes: readonly Mistake[]) {
    const count = mistakes.length === 1 ? 'a variable' : `${mistakes.length} variables`;
    super([`${program} cannot start, ${count} of the environment must be mended:`, ...mistakes.map(lineOf)].join('\n'));
    this.mistakes = mistakes;
  }
}

const shownLength = 60;

/** As much of a value as may be shown: no login and no parameters of a URL, however it is misspelled. */
const shown = (value: string): string =>
  value
    .replace(/^((?:[a-z][a-z0-9+.-]*:\/*)?).*@/is, '$1…@')
    .replace(/\?.*$/s, '?…')
    .slice(0, shownLength);

const problemOf = ({ secret }: Variable, value: string | undefined, message: string): string => {
  if (value === undefined) return 'is not set';
  return secret ? `is not right (${message})` : `is ${JSON.stringify(shown(value))} (${message})`;
};

const variableOf = (key: string, schema: z.ZodType): Variable => {
  const found = variables.get(schema);
  if (!found) throw new TypeError(`the field ${key} of a configuration names no variable: make it with variable(…)`);
  return found;
};

export type ConfigSchema = z.ZodObject<Readonly<Record<string, z.ZodType>>>;

/** Reads a program's configuration from the environment, once; an empty variable counts as absent. Frozen. */
export const configOf = <S extends ConfigSchema>(program: string, schema: S, env: Environment): Readonly<z.output<S>> => {
  const described = new Map(Object.entries(schema.shape).map(([key, field]) => [key, variableOf(key, field)]));
  const raw: Record<string, string | undefined> = {};
  for (const [key, { name }] of described) raw[key] = env[name] || undefined;
  const parsed = schema.safeParse(raw);
  if (parsed.success) return Object.freeze(parsed.data);
  const mistakes = new Map<string, Mistake>();
  for (const { path, message } of parsed.error.issues) {
    const key = String(path[0]);
    const about = described.get(key);
    if (!about || mistakes.has(key)) continue;
    const problem = problemOf(about, raw[key], message);
    mistakes.set(key, { variable: about.name, problem, expected: about.says, example: about.example });
  }
  throw new ConfigInvalid(program, [...mistakes.values()]);
};
