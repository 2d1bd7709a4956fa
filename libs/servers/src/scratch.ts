import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endRecorded } from './daemon.ts';
import { isAlive, ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { makeOpenDirectory, mayReach, unprivilegedUser } from './system-user.ts';

/**
 * Where servers may keep their data for this checkout: its `.orrery`, or a directory of its own among the temporary
 * ones when the checkout is closed to the user who runs PostgreSQL (a clone in root's home).
 */
export const stateRoot = (checkout: string): string => {
  const user = unprivilegedUser();
  const isOpen = user === undefined || mayReach(user, checkout);
  const root = isOpen
    ? join(checkout, '.orrery')
    : join('/var/tmp', `orrery-${createHash('sha256').update(checkout).digest('hex').slice(0, 12)}`);
  makeOpenDirectory(root);
  return root;
};

const prefix = 'test-';
const ownerFile = 'owner.json';

const ownerOf = (dir: string): ProcessIdentity | undefined => {
  try {
    return JSON.parse(readFileSync(join(dir, ownerFile), 'utf8'));
  } catch {
    return undefined;
  }
};

const pidFiles = (dir: string): { dir: string; name: string }[] =>
  readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory() && entry.name !== 'data' && entry.name !== 'jetstream') return pidFiles(join(dir, entry.name));
    return entry.name.endsWith('.pid.json') ? [{ dir, name: entry.name.slice(0, -'.pid.json'.length) }] : [];
  });

/** Ends every server that was started below a directory, and deletes it. */
export const removeScratch = async (dir: string): Promise<void> => {
  if (!existsSync(dir)) return;
  await Promise.all(pidFiles(dir).map((file) => endRecorded(file.dir, file.name, 'SIGKILL')));
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
};

/** Removes what killed runs left behind. A directory without an owner is one that is being made. */
export const sweepScratch = async (root: string): Promise<void> => {
  for (const entry of readdirSync(root)) {
    const dir = join(root, entry);
    const owner = entry.startsWith(prefix) ? ownerOf(dir) : undefined;
    if (owner !== undefined && !isAlive(owner)) await removeScratch(dir);
  }
};

/** A directory for the throw-away data of this process. */
export const makeScratch = (root: string): string => {
  const dir = join(root, `${prefix}${randomBytes(5).toString('hex')}`);
  makeOpenDirectory(dir);
  writeFileSync(join(dir, ownerFile), JSON.stringify(ownIdentity()));
  return dir;
};
