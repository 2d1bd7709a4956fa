import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type BusKeys, busUsers, completeKeys } from '@orrery/nats';
import type { StackPaths } from './paths.ts';
import { readJson, writePrivate } from './private-file.ts';

export interface StackSecrets {
  /** Master secret of the platform: sealed data can be read only with it. */
  readonly secret: string;
  /** Bearer of the operator. */
  readonly operatorKey: string;
  readonly postgresPassword: string;
  readonly bus: BusKeys;
}

/** Reads the secrets of a file, and generates and keeps what it lacks. */
export const completeSecrets = (file: string): StackSecrets => {
  const known = readJson<Partial<StackSecrets>>(file);
  const secrets: StackSecrets = {
    secret: known?.secret ?? randomBytes(32).toString('hex'),
    operatorKey: known?.operatorKey ?? `op_${randomBytes(24).toString('base64url')}`,
    postgresPassword: known?.postgresPassword ?? randomBytes(18).toString('hex'),
    bus: completeKeys(Object.keys(busUsers()), known?.bus),
  };
  writePrivate(file, `${JSON.stringify(secrets, null, 2)}\n`);
  return secrets;
};

/** Generated once and kept, beside the data that they open. */
export const secretsOf = (paths: StackPaths): StackSecrets => completeSecrets(join(paths.own, 'secrets.json'));
