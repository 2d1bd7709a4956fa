import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { inference } from '@orrery/contracts';
import type { Environment } from '../place.ts';
import type { Complaint } from './read-file.ts';
import type { Reference, RoutingFile } from './routing-file.ts';

/** By the name of the upstream. */
export type Credentials = ReadonlyMap<string, string>;

const Credential = inference.SetUpstream.input.shape.credential.unwrap().unwrap();

export const referenceText = (reference: Reference): string =>
  'env' in reference ? `the variable ${reference.env}` : `the file ${reference.file}`;

export interface Wishes {
  readonly upstreams: readonly Pick<inference.UpstreamView, 'name' | 'credentialVersion'>[];
  /** Also those that are there already are set again: nobody can see whether they are the same. */
  readonly areAllSet: boolean;
}

/** Whether what a file refers to is to be set: it is where there is none yet. */
export const isToBeSet = (name: string, { upstreams, areAllSet }: Wishes): boolean =>
  areAllSet || (upstreams.find((each) => each.name === name)?.credentialVersion ?? 0) === 0;

interface Surroundings {
  readonly env: Environment;
  /** Of the file that refers to it: its paths begin there. */
  readonly path: string;
}

const read = async (reference: Reference, { env, path }: Surroundings): Promise<{ readonly value: string } | { readonly says: string }> => {
  if ('env' in reference) {
    const value = env[reference.env]?.trim();
    return value ? { value } : { says: `is not set: give ${reference.env} its value, and apply again` };
  }
  try {
    return { value: (await readFile(resolve(dirname(path), reference.file), 'utf8')).trim() };
  } catch {
    return { says: `cannot be read: is ${reference.file} there, seen from this file, and may you read it?` };
  }
};

/** Reads what is to be set, and says of what cannot be read where the file refers to it. What it is, is in no message. */
export const credentialsIn = async (
  { upstreams = [] }: RoutingFile,
  wishes: Wishes,
  surroundings: Surroundings,
): Promise<{ readonly credentials: Credentials; readonly complaints: readonly Complaint[] }> => {
  const credentials = new Map<string, string>();
  const complaints: Complaint[] = [];
  for (const [index, { name, credential }] of upstreams.entries()) {
    if (!credential || !isToBeSet(name, wishes)) continue;
    const complain = (says: string) =>
      complaints.push({ path: ['upstreams', index, 'credential', 'env' in credential ? 'env' : 'file'], says });
    const found = await read(credential, surroundings);
    if ('says' in found) complain(found.says);
    else if (Credential.safeParse(found.value).success) credentials.set(name, found.value);
    else complain('holds no credential: it is printable characters of ASCII, without spaces, 4,096 at most');
  }
  return { credentials, complaints };
};
