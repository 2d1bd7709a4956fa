import { readdirSync, readFileSync } from 'node:fs';
import type { Moment } from '../domain/lease.ts';

/** One line of the machine's process table. Pid and start together are never used again by another process. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
  readonly isZombie: boolean;
}

export type ProcessIdentity = Pick<ProcessRow, 'pid' | 'start'>;

export const readText = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Fields of /proc/<pid>/stat behind the command's name, which may itself hold spaces and brackets. */
const rowOf = (pid: number, stat: string): ProcessRow => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid, parent: Number(fields[1]), start: fields[19] ?? '', isZombie: fields[0] === 'Z' || fields[0] === 'X' };
};

export const processOf = (pid: number): ProcessRow | undefined => {
  const stat = readText(`/proc/${pid}/stat`);
  const row = stat === undefined ? undefined : rowOf(pid, stat);
  return row === undefined || row.isZombie ? undefined : row;
};

export const isAlive = ({ pid, start }: ProcessIdentity): boolean => processOf(pid)?.start === start;

/** Every process there is, zombies left out. */
export const allProcesses = (): ProcessRow[] =>
  readdirSync('/proc').flatMap((entry) => {
    const pid = Number(entry);
    return Number.isInteger(pid) ? (processOf(pid) ?? []) : [];
  });

/** Everything that descends from a process, itself left out. */
export const descendantsOf = (root: ProcessIdentity, table: readonly ProcessRow[] = allProcesses()): ProcessRow[] => {
  if (!table.some((row) => row.pid === root.pid && row.start === root.start)) return [];
  const children = new Map<number, ProcessRow[]>();
  for (const row of table) {
    const siblings = children.get(row.parent);
    if (siblings) siblings.push(row);
    else children.set(row.parent, [row]);
  }
  const found: ProcessRow[] = [];
  const open = [root.pid];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      open.push(child.pid);
    }
  }
  return found;
};

/** True for a process of a PID namespace below ours that is not the first one there: that one is the sandbox's own. */
export const isInsideSandbox = (pid: number): boolean => {
  const ids = /^NSpid:\s*(.+)$/m.exec(readText(`/proc/${pid}/status`) ?? '')?.[1]?.split(/\s+/) ?? [];
  return ids.length > 1 && ids.at(-1) !== '1';
};

/** Sends a signal to a process that is still the one that was seen; false where it is gone. */
export const sendSignal = (target: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): boolean => {
  if (!isAlive(target)) return false;
  try {
    process.kill(target.pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** Processes that were started with this variable, by the first part of its value. */
export const processesMarked = (variable: string, prefix: string): (ProcessRow & { readonly value: string })[] => {
  const needle = `${variable}=`;
  return allProcesses().flatMap((row) => {
    const entries = readText(`/proc/${row.pid}/environ`)?.split('\0') ?? [];
    const value = entries.find((entry) => entry.startsWith(needle))?.slice(needle.length);
    return value?.startsWith(prefix) ? [{ ...row, value }] : [];
  });
};

/** The first number of /proc/uptime, as the launcher notes it too: seconds with two decimals. */
export const uptimeMsOf = (text: string): number => Math.round(Number.parseFloat(text) * 1_000);

let bootId: string | undefined;

export const now = (): Moment => {
  bootId ??= readText('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
  return { uptimeMs: uptimeMsOf(readText('/proc/uptime') ?? '0'), bootId };
};
