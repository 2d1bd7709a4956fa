import { closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CannotStart } from '@orrery/process/light';
import { isAlive, type ProcessIdentity, processOf } from './runtime/proc.ts';

/** Another agent works with this state directory. */
export class StateInUse extends CannotStart {
  override readonly name = 'StateInUse';
}

const holderOf = (path: string): ProcessIdentity | undefined => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
};

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';

/** One agent per state directory: two would start every program twice. A lock whose holder is dead is nobody's. Answers how to let go. */
export const lockState = (directory: string): (() => void) => {
  const path = join(directory, 'lock');
  for (let tries = 0; ; tries += 1) {
    try {
      const descriptor = openSync(path, 'wx', 0o600);
      const { pid = process.pid, start = '' } = processOf(process.pid) ?? {};
      writeSync(descriptor, JSON.stringify({ pid, start }));
      closeSync(descriptor);
      return () => rmSync(path, { force: true });
    } catch (error) {
      const holder = holderOf(path);
      if (!isTaken(error)) throw error;
      if (tries > 0 || (holder !== undefined && isAlive(holder))) {
        throw new StateInUse(
          `${directory} belongs to another agent that runs (process ${holder?.pid ?? 'unknown'}); one directory is for one agent`,
        );
      }
      rmSync(path, { force: true });
    }
  }
};
