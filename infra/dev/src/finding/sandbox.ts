import { existsSync } from 'node:fs';
import { locate } from '@orrery/servers';
import { terminal } from '../terminal.ts';
import { aptInstall } from './apt.ts';
import { mayUseApt } from './machine.ts';

/** What an agent needs to run Python programs in a sandbox. The sandbox shows the system's /usr, so a Python elsewhere does not count. */
const missing = (): string[] => [
  ...(locate('bwrap') === undefined ? ['bubblewrap'] : []),
  ...(existsSync('/usr/bin/python3') ? [] : ['python3']),
];

export const ensureSandbox = (): void => {
  if (process.platform !== 'linux') {
    terminal.warning('Sandboxes need Linux: this machine can run the platform, but no programs of customers');
    return;
  }
  if (missing().length > 0 && mayUseApt()) aptInstall(missing());
  if (missing().length > 0) terminal.warning(`Programs of customers cannot run here until this is installed: ${missing().join(', ')}`);
};
