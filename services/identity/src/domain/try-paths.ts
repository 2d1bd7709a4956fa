import type { Patience } from './tries.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const password: Patience = { free: 5, firstMs: second, longestMs: 15 * minute, forgetMs: hour };
/** A million codes, three of them right at a time: an hour between guesses makes it a matter of decades. */
const shortCode: Patience = { free: 5, firstMs: 2 * second, longestMs: hour, forgetMs: 6 * hour };
/** Nobody guesses these: what comes often is a mistake, or an attack on something else. */
const longSecret: Patience = { free: 50, firstMs: second, longestMs: 15 * minute, forgetMs: minute };
/** Nothing is guessed, but every one of them sends a letter or makes something. */
const nuisance: Patience = { free: 3, firstMs: minute, longestMs: 6 * hour, forgetMs: hour };

/** Every way to show a secret, or to make the platform do something for a stranger, and the patience there is for it. */
export const patienceOf = {
  login: password,
  'password-change': password,
  refresh: longSecret,
  mfa: shortCode,
  'backup-code': shortCode,
  passkey: longSecret,
  oauth: longSecret,
  oidc: longSecret,
  'device-code': shortCode,
  invite: longSecret,
  'key-validation': longSecret,
  setup: password,
  'email-token': longSecret,
  'sign-up': nuisance,
  'password-reset': nuisance,
  'email-verification': nuisance,
} as const satisfies Readonly<Record<string, Patience>>;
export type TryPath = keyof typeof patienceOf;

/** All failures from one address, whatever path and whomever they were about. Many people may share one. */
export const patienceWithAddress: Patience = { free: 100, firstMs: second, longestMs: 15 * minute, forgetMs: 30 * second };
