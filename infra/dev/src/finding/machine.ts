import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { locate, locateNats, locatePostgres, locateRedis } from '@orrery/servers';
import type { Facts } from './choose.ts';

const answers = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 5_000 }).status === 0;

/** How to call Compose; undefined without an engine that answers. */
export const composeCommand = (): readonly string[] | undefined => {
  if (locate('docker') === undefined || !answers('docker', ['info'])) return undefined;
  if (answers('docker', ['compose', 'version'])) return ['docker', 'compose'];
  if (locate('docker-compose') !== undefined) return ['docker-compose'];
  return undefined;
};

export const mayUseApt = (): boolean => {
  if (process.getuid?.() !== 0 || locate('apt-get') === undefined || !existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
};

const defined = <T extends object>(object: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  // Dropping the undefined entries is what the type says.
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> };

/** Looks at the machine. Engines are asked only where containers would do. */
export const factsOf = (environment: NodeJS.ProcessEnv, withEngine: boolean): Facts => ({
  environment,
  hasEngine: withEngine && composeCommand() !== undefined,
  binaries: defined({ postgres: locatePostgres(), nats: locateNats(), redis: locateRedis() }),
  canInstall: mayUseApt(),
});
