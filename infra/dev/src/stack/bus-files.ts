import { join } from 'node:path';
import { authorityOf, type BusKeys, busUsers } from '@orrery/nats';
import type { StackPaths } from './paths.ts';
import { writePrivate } from './private-file.ts';

/** Where the credentials of the users of the bus lie, one file each. */
export const credsDirectory = (paths: StackPaths): string => join(paths.own, 'bus');

/** Writes what users must show, and returns what the server must be told. */
export const writeBusFiles = async (paths: StackPaths, keys: BusKeys): Promise<string> => {
  const { config, creds } = await authorityOf(keys, busUsers());
  for (const [user, text] of Object.entries(creds)) writePrivate(join(credsDirectory(paths), `${user}.creds`), text);
  return config;
};
