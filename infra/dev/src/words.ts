import { userInfo } from 'node:os';
import { isNativeError } from 'node:util/types';
import { Problem } from './terminal.ts';

const ofTheDisk: Readonly<Record<string, string>> = {
  EACCES: 'may not be written',
  EPERM: 'may not be changed',
  EROFS: 'lies on a disk that is read-only',
  ENOSPC: 'does not fit on the disk: it is full',
  EDQUOT: 'does not fit on the disk: the quota is used up',
};

const whoWeAre = (): string => {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? ''}`;
  }
};

/** A failure as a person should read it. Only what is our own fault comes with its stack. */
export const wordsOf = (error: unknown): string => {
  if (error instanceof Problem) return error.message;
  if (!isNativeError(error)) return String(error);
  const problem = 'code' in error && typeof error.code === 'string' ? ofTheDisk[error.code] : undefined;
  if (problem !== undefined && 'path' in error && typeof error.path === 'string') {
    return `${error.path} ${problem} (by ${whoWeAre()}). Orrery keeps what is its own below .orrery in the checkout: let this user write there`;
  }
  return error.stack ?? error.message;
};
