import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { Problem, terminal } from '../terminal.ts';

const policy = '/usr/sbin/policy-rc.d';

/** Debian starts a server as soon as it is installed; ours are private, so nothing else shall run because of us. */
const withoutStarting = <T>(work: () => T): T => {
  if (existsSync(policy)) return work();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return work();
  } finally {
    rmSync(policy, { force: true });
  }
};

const aptGet = (args: readonly string[]): boolean =>
  spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], {
    stdio: ['ignore', 'ignore', 2],
    timeout: 10 * 60_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/** Installs packages; refreshes the package lists when they are too old to find them. */
export const aptInstall = (packages: readonly string[]): void => {
  if (packages.length === 0) return;
  terminal.note(`apt-get install ${packages.join(' ')}`);
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const installed = withoutStarting(() => aptGet(install) || (aptGet(['update']) && aptGet(install)));
  if (!installed) throw new Problem(`apt-get could not install ${packages.join(', ')}; the lines above say why`);
};
