import { locateBrowser, locateDocker, locatePromtool } from '@orrery/servers';
import { aptInstall } from './apt.ts';
import { mayUseApt } from './machine.ts';

/** Passkeys are tried in a real browser, alerts by Prometheus' own tool, and containers in an engine of the test. Where one is not there and cannot be installed, its test says so. */
export const ensureTools = (): void => {
  const missing = [
    ...(locateBrowser() === undefined ? ['chromium'] : []),
    ...(locatePromtool() === undefined ? ['prometheus'] : []),
    ...(locateDocker() === undefined ? ['docker.io', 'iproute2'] : []),
  ];
  if (missing.length > 0 && mayUseApt()) aptInstall(missing);
};
