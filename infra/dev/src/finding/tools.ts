import { locateBrowser, locatePromtool } from '@orrery/servers';
import { aptInstall } from './apt.ts';
import { mayUseApt } from './machine.ts';

/** Passkeys are tried in a real browser, and alerts by Prometheus' own tool. Where one is not there and cannot be installed, its test says so. */
export const ensureTools = (): void => {
  const missing = [...(locateBrowser() === undefined ? ['chromium'] : []), ...(locatePromtool() === undefined ? ['prometheus'] : [])];
  if (missing.length > 0 && mayUseApt()) aptInstall(missing);
};
