import { join } from 'node:path';
import { stateRoot } from '@orrery/servers';
import { Problem } from '../terminal.ts';

/** Where one dev stack keeps what is its own. Several may live in one checkout, each under its name. */
export interface StackPaths {
  readonly checkout: string;
  readonly name: string;
  /** Secrets, credentials, logs, pid files. */
  readonly own: string;
  /** Data of the servers: the same place, but where PostgreSQL's user may reach it. */
  readonly data: string;
  readonly templates: string;
}

export const pathsOf = (checkout: string, name: string): StackPaths => {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(name) || name.startsWith('test-')) throw new Problem(`${JSON.stringify(name)} is no name for a stack`);
  const root = stateRoot(checkout);
  return { checkout, name, own: join(checkout, '.orrery', name), data: join(root, name), templates: join(root, 'templates') };
};
