import { locate } from '@orrery/servers';
import { Problem } from '../terminal.ts';
import { aptInstall } from './apt.ts';
import { mayUseApt } from './machine.ts';

/** What the gateway is measured beside, and what loads it. Debian's packages are called as their programs. */
const missing = (): string[] => ['nginx', 'wrk'].filter((program) => locate(program) === undefined);

export const ensurePeers = (): void => {
  if (missing().length > 0 && mayUseApt()) aptInstall(missing());
  if (missing().length > 0) throw new Problem(`The gateway cannot be measured here until this is installed: ${missing().join(', ')}`);
};
