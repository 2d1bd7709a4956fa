import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in whatever unit the system tells; only ever compared. */
  readonly startedAt: string;
}

const hasProc = existsSync('/proc/self/stat');

/** Fields of /proc/<pid>/stat after the command name, which may itself hold spaces and brackets. */
const statOf = (pid: number): string[] | undefined => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
};

/** The identity of a living process; undefined when there is none, or only a zombie that waits for its parent. */
export const identityOf = (pid: number): ProcessIdentity | undefined => {
  if (hasProc) {
    const stat = statOf(pid);
    if (stat === undefined || stat[0] === 'Z' || stat[0] === 'X') return undefined;
    return { pid, startedAt: stat[19] ?? '' };
  }
  try {
    const startedAt = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', timeout: 5_000 }).trim();
    return startedAt === '' ? undefined : { pid, startedAt };
  } catch {
    return undefined;
  }
};

export const isAlive = (process: ProcessIdentity): boolean => identityOf(process.pid)?.startedAt === process.startedAt;

export const ownIdentity = (): ProcessIdentity => identityOf(process.pid) ?? { pid: process.pid, startedAt: '' };

const allPids = (): number[] =>
  hasProc
    ? readdirSync('/proc')
        .filter((entry) => /^\d+$/.test(entry))
        .map(Number)
    : [];

/** Direct children of a process; empty where the system has no /proc. */
export const childrenOf = (pid: number): ProcessIdentity[] => {
  return allPids().flatMap((child) => {
    const stat = statOf(child);
    return stat?.[1] === String(pid) ? [{ pid: child, startedAt: stat[19] ?? '' }] : [];
  });
};

/** Living processes with a variable in the environment they were started with whose `NAME=value` begins like this. */
export const processesMarked = (beginning: string): ProcessIdentity[] =>
  allPids().flatMap((pid) => {
    try {
      const marked = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .some((entry) => entry.startsWith(beginning));
      return marked ? (identityOf(pid) ?? []) : [];
    } catch {
      // Gone meanwhile, or somebody else's.
      return [];
    }
  });

/** True when the signal was delivered; false when the process was gone. */
export const signal = (target: ProcessIdentity, name: NodeJS.Signals): boolean => {
  if (!isAlive(target)) return false;
  try {
    process.kill(target.pid, name);
    return true;
  } catch {
    return false;
  }
};
