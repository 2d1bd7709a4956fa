import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Users a server may be run as when we are root, most fitting first. */
const unprivileged = ['postgres', 'nobody'];

const parse = (line: string): SystemUser | undefined => {
  const [name, , uid, gid, , home] = line.split(':');
  if (name === undefined || uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home: home ?? '/' };
};

/** Whom to run a server as that refuses root (PostgreSQL does): undefined means ourselves. */
export const unprivilegedUser = (passwd = readFileSync('/etc/passwd', 'utf8'), uid = process.getuid?.()): SystemUser | undefined => {
  if (uid !== 0) return undefined;
  const users = passwd.split('\n').map(parse);
  for (const wanted of unprivileged) {
    const user = users.find((candidate) => candidate?.name === wanted);
    if (user !== undefined) return user;
  }
  throw new Error(`Running as root needs one of these users for PostgreSQL, which refuses root: ${unprivileged.join(', ')}`);
};

/** Whether the user may walk to this directory: a clone in root's home is closed to everyone else. */
export const mayReach = (user: SystemUser, directory: string): boolean => {
  for (let at = directory; ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (at === dirname(at)) return true;
  }
};

/** Makes a directory through which others may walk, whatever our umask says: a server of another user lives in it. */
export const makeOpenDirectory = (path: string): void => {
  mkdirSync(path, { recursive: true });
  const { mode, uid } = statSync(path);
  if (uid === process.getuid?.()) chmodSync(path, mode | 0o755);
};
