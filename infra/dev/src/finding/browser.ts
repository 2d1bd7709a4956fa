import { locateBrowser } from '@orrery/servers';
import { aptInstall } from './apt.ts';
import { mayUseApt } from './machine.ts';

/** Passkeys are tried in a real browser. Where there is none and none can be installed, that test says so. */
export const ensureBrowser = (): void => {
  if (locateBrowser() === undefined && mayUseApt()) aptInstall(['chromium']);
};
