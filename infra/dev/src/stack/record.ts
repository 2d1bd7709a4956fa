import { rmSync } from 'node:fs';
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

const recordFile = (paths: StackPaths): string => join(paths.own, 'stack.json');
const portsFile = (paths: StackPaths): string => join(paths.own, 'ports.json');

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

export const eraseRecord = (paths: StackPaths): void => rmSync(recordFile(paths), { force: true });

export const rememberedPorts = (paths: StackPaths): Ports => readJson<Ports>(portsFile(paths)) ?? {};

export const rememberPorts = (paths: StackPaths, ports: Ports): void => writePrivate(portsFile(paths), JSON.stringify(ports));
