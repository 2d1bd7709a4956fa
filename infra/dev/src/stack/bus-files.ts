import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { accountsOf, authorityOf, type BusAuthority, type BusKeys, busUsers, type Rights } from '@orrery/nats';
import type { StackPaths } from './paths.ts';
import { readJson, writePrivate } from './private-file.ts';

/** Where the credentials of the users of the bus lie, one file each. */
export const credsDirectory = (paths: StackPaths): string => join(paths.own, 'bus');

/** With which execution has the bus turn away machines. */
export const revokerFile = 'revoker.creds';

interface Kept extends BusAuthority {
  /** Of the keys, the rights and the accounts that it was made from. */
  readonly fingerprint: string;
}

const fingerprintOf = (keys: BusKeys, users: Readonly<Record<string, Rights>>): string =>
  createHash('sha256')
    .update(JSON.stringify([keys, users, accountsOf(keys)]))
    .digest('hex');

/** Signing takes most of a second, so what was signed is kept for as long as keys and rights stay the same. */
const authority = async (paths: StackPaths, keys: BusKeys): Promise<BusAuthority> => {
  const file = join(credsDirectory(paths), 'authority.json');
  const users = busUsers();
  const fingerprint = fingerprintOf(keys, users);
  const kept = readJson<Kept>(file);
  if (kept?.fingerprint === fingerprint) return kept;
  const made = await authorityOf(keys, users);
  writePrivate(file, JSON.stringify({ ...made, fingerprint } satisfies Kept));
  return made;
};

/** Writes what users must show, and returns what the server must be told. */
export const writeBusFiles = async (paths: StackPaths, keys: BusKeys): Promise<string> => {
  const { config, creds, revoker } = await authority(paths, keys);
  writePrivate(join(credsDirectory(paths), revokerFile), revoker);
  for (const [user, text] of Object.entries(creds)) writePrivate(join(credsDirectory(paths), `${user}.creds`), text);
  return config;
};
