import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, ownIdentity, type ProcessIdentity } from '@orrery/servers';
import type { StackPaths } from './paths.ts';
import { readJson, writePrivate } from './private-file.ts';

/** Ports that a stack had the last time, to be had again. */
export type Ports = Readonly<Record<string, number>>;

/** Where a running stack is, for `status`, `stop` and `start`. */
export interface StackRecord {
  readonly owner: ProcessIdentity;
  readonly postgresUrl: string;
  readonly natsUrl: string;
  /** Absent where the bus was given and asks for none. */
  readonly credsDirectory?: string;
  readonly redisUrl: string;
  readonly gatewayUrl: string;
}

const ownerFile = (paths: StackPaths): string => join(paths.own, 'owner.json');

const isSame = (a: ProcessIdentity, b: ProcessIdentity): boolean => a.pid === b.pid && a.startedAt === b.startedAt;

/** Takes the claim of a dead process away, and no other: somebody else may have taken it and claimed the stack meanwhile. */
const removeClaim = (file: string, dead: ProcessIdentity | undefined): void => {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // Somebody else was faster.
  }
  const taken = readJson<ProcessIdentity>(aside);
  if (taken !== undefined && (dead === undefined || !isSame(taken, dead))) renameSync(aside, file);
  else rmSync(aside, { force: true });
};

const claimAttempts = 10;

/** Makes this process the one that watches over the stack. Answers the living process that does so already, if there is one. */
export const claimStack = (paths: StackPaths): ProcessIdentity | undefined => {
  const file = ownerFile(paths);
  for (let attempt = 0; attempt < claimAttempts; attempt += 1) {
    try {
      writeFileSync(file, JSON.stringify(ownIdentity()), { flag: 'wx', mode: 0o600 });
      return undefined;
    } catch (error) {
      if (!existsSync(file)) throw error;
    }
    const owner = readJson<ProcessIdentity>(file);
    if (owner !== undefined && isAlive(owner)) return isSame(owner, ownIdentity()) ? undefined : owner;
    removeClaim(file, owner);
  }
  throw new Error(`${file} can be neither taken nor understood; delete it`);
};

const recordFile = (paths: StackPaths): string => join(paths.own, 'stack.json');
const portsFile = (paths: StackPaths): string => join(paths.own, 'ports.json');

/** The living process that watches over this stack, or is about to. */
export const ownerOf = (paths: StackPaths): ProcessIdentity | undefined => {
  const owner = readJson<ProcessIdentity>(ownerFile(paths));
  return owner !== undefined && isAlive(owner) ? owner : undefined;
};

/** The stack that runs under this name now; undefined when it was stopped, or its owner was killed. */
export const runningStack = (paths: StackPaths): StackRecord | undefined => {
  const record = readJson<StackRecord>(recordFile(paths));
  return record !== undefined && isAlive(record.owner) ? record : undefined;
};

export const writeRecord = (paths: StackPaths, record: Omit<StackRecord, 'owner'>): StackRecord => {
  const written = { ...record, owner: ownIdentity() };
  writePrivate(recordFile(paths), `${JSON.stringify(written, null, 2)}\n`);
  return written;
};

export const eraseRecord = (paths: StackPaths): void => {
  rmSync(recordFile(paths), { force: true });
  rmSync(ownerFile(paths), { force: true });
};

export const rememberedPorts = (paths: StackPaths): Ports => readJson<Ports>(portsFile(paths)) ?? {};

export const rememberPorts = (paths: StackPaths, ports: Ports): void => writePrivate(portsFile(paths), JSON.stringify(ports));
