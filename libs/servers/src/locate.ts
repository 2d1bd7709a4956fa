import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where Debian, Homebrew and hand-made installs put servers that are not on everybody's PATH. */
const usualPlaces = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/opt/homebrew/bin'];

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The path of a program, or undefined. */
export const locate = (program: string, path = process.env.PATH ?? ''): string | undefined =>
  [...path.split(delimiter), ...usualPlaces]
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, program))
    .find(isExecutable);

const versions = (root: string): string[] =>
  existsSync(root)
    ? readdirSync(root)
        .filter((entry) => /^\d+$/.test(entry))
        .sort((a, b) => Number(b) - Number(a))
    : [];

/** The directory of `initdb` and `postgres`. Debian keeps them off the PATH, one directory per major version. */
export const locatePostgres = (path = process.env.PATH ?? '', debian = '/usr/lib/postgresql'): string | undefined => {
  const onPath = path
    .split(delimiter)
    .filter((directory) => directory !== '')
    .find((directory) => isExecutable(join(directory, 'postgres')) && isExecutable(join(directory, 'initdb')));
  if (onPath !== undefined) return onPath;
  return versions(debian)
    .map((version) => join(debian, version, 'bin'))
    .find((directory) => isExecutable(join(directory, 'postgres')) && isExecutable(join(directory, 'initdb')));
};

export const locateNats = (path?: string): string | undefined => locate('nats-server', path);
/** For tests of containers: `dockerd` itself, since each test has an engine of its own. */
export const locateDocker = (path?: string): string | undefined => locate('dockerd', path);
export const locateRedis = (path?: string): string | undefined => locate('redis-server', path);

const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** A browser for the tests that need a real one; `ORRERY_CHROMIUM` names it where it is elsewhere. */
export const locateBrowser = (path?: string): string | undefined =>
  process.env.ORRERY_CHROMIUM || browsers.map((name) => locate(name, path)).find((found) => found !== undefined);

/** Tries alert rules; Debian has it in `prometheus`. `ORRERY_PROMTOOL` names it where it is elsewhere. */
export const locatePromtool = (path?: string): string | undefined => process.env.ORRERY_PROMTOOL || locate('promtool', path);
