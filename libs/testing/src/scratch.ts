import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

/** Set by the global set-up of the jest run (infra/dev/jest); nothing here skips when it is missing. */
const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set. Tests that need servers run through jest: npx jest --selectProjects integration <path>`);
  }
  return value;
};

export const postgresUrl = (): string => variable('ORRERY_POSTGRES_URL');

/** A new place for the data of one server, gone after the jest run whatever happens. */
export const scratchDirectory = (name: string): string => join(variable('ORRERY_TEST_DIR'), `${name}-${randomBytes(4).toString('hex')}`);
