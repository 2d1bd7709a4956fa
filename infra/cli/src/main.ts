import { createAdmin } from './admin.ts';
import { commandOf, help, WrongWords } from './command.ts';
import { logIn } from './login.ts';
import { drawnPassword, passwordFrom } from './password.ts';
import { Problem, placeOf } from './place.ts';

interface Writing {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
}

export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: AsyncIterable<string | Buffer>;
  readonly out: Writing;
  readonly err: Writing;
}

const carryOut = async ({ argv, env, input, out }: Surroundings): Promise<void> => {
  const command = commandOf(argv);
  if (!command) {
    out.write(help);
    return;
  }
  if (command === 'login') {
    await logIn(env, out);
    return;
  }
  if ('directory' in command) {
    const { models } = await import('./models/models.ts');
    await models(command, env, out);
    return;
  }
  const place = await placeOf(env);
  if ('file' in command) {
    // What it is made of takes longer to load than the other commands take to run.
    const { apply } = await import('./apply/apply.ts');
    await apply(place, command, { env, input, out });
    return;
  }
  if ('org' in command) {
    const { limits } = await import('./limits.ts');
    await limits(place, command, out);
    return;
  }
  const { username, email, isPasswordGiven } = command;
  const password = isPasswordGiven ? await passwordFrom(input) : drawnPassword();
  await createAdmin(place, { username, email, password });
  out.write(`${username} is an administrator now.\n`);
  if (!isPasswordGiven) out.write(`Password, shown this once: ${password}\n`);
};

/** Answers the exit code: 1 where it was refused or not reached, 2 where the words were wrong. */
export const main = async (surroundings: Surroundings): Promise<number> => {
  try {
    await carryOut(surroundings);
    return 0;
  } catch (error) {
    const { err } = surroundings;
    if (error instanceof WrongWords) {
      err.write(`${error.message}\n\n${help}`);
      return 2;
    }
    if (!(error instanceof Problem)) throw error;
    err.write(`${error.message}\n`);
    return 1;
  }
};
