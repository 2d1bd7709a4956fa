import { timingSafeEqual } from 'node:crypto';
import type { HashingThreads } from './hashing-threads.ts';

/** OWASP's minimum for Argon2id (the package's default variant): 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const current = `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$`;

/** As LMStack keeps them: the salt, whose text itself is the salt, and 100,000 rounds of PBKDF2 with SHA-256. */
const lmstack = /^([0-9a-f]{32})\$([0-9a-f]{64})$/;
const rounds = 100_000;
const keyBytes = 32;

const argon2 = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/;
/** A hash that was made elsewhere must not cost us more than this. */
const dearest = { memory: 262_144, passes: 10, lanes: 8 };

/** Whether it is a hash of a kind that we can compare with, at a bearable price. */
export const isPasswordHash = (text: string): boolean => {
  if (lmstack.test(text)) return true;
  const [, memory = '', passes = '', lanes = ''] = argon2.exec(text) ?? [];
  return memory !== '' && Number(memory) <= dearest.memory && Number(passes) <= dearest.passes && Number(lanes) <= dearest.lanes;
};

export const hashPassword = (threads: HashingThreads, password: string): Promise<string> => threads.run('hash', { password, cost });

export const isHashOf = async (threads: HashingThreads, passwordHash: string, password: string): Promise<boolean> => {
  const [, salt, expected] = lmstack.exec(passwordHash) ?? [];
  if (salt === undefined || expected === undefined) return await threads.run('verify', { password, passwordHash });
  const derived = await threads.run('derive', { password, salt, rounds, keyBytes });
  return timingSafeEqual(derived, Buffer.from(expected, 'hex'));
};

/** Weaker, or of another kind, than what is made today. */
export const isOutdated = (passwordHash: string): boolean => !passwordHash.startsWith(current);
