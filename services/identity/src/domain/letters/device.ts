import { quoted } from './quoted.ts';

/** The first that is found counts: browsers claim to be their elders too. */
const browsers = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;
const systems = [
  ['iPhone', 'an iPhone'],
  ['iPad', 'an iPad'],
  ['Android', 'Android'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** A user agent in a few words. It says of itself what it likes, so that nothing long of it goes into a letter. */
export const deviceOf = (userAgent: string): string => {
  const [, browser] = browsers.find(([sign]) => userAgent.includes(`${sign}/`)) ?? [];
  if (browser === undefined) return quoted(userAgent.split(/[\s/(]/, 1)[0] ?? '');
  const [, system] = systems.find(([sign]) => userAgent.includes(sign)) ?? [];
  return system === undefined ? browser : `${browser} on ${system}`;
};
