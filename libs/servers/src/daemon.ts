import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { childrenOf, identityOf, isAlive, ownIdentity, type ProcessIdentity, signal } from './process-identity.ts';
import type { SystemUser } from './system-user.ts';

export interface DaemonSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Where its log and its pid file are kept. */
  readonly dir: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Runs as this user; needs root. */
  readonly user?: SystemUser;
  /** Where what it says goes: its log file, or the terminal we have. */
  readonly output?: 'log' | 'terminal';
  readonly isReady: () => Promise<boolean>;
  readonly readyWithinMs?: number;
  /** The first signal of an orderly stop. SIGKILL follows when it is not obeyed in time. */
  readonly stopSignal?: NodeJS.Signals;
  readonly stopWithinMs?: number;
}

export interface Daemon {
  readonly identity: ProcessIdentity;
  readonly isRunning: () => boolean;
  readonly stop: () => Promise<void>;
  /** What a power cut looks like to it: SIGKILL to it and to all its children. */
  readonly kill9: () => Promise<void>;
}

export interface PidFile {
  readonly process: ProcessIdentity;
  readonly owner: ProcessIdentity;
}

const pollMs = 15;
const logTailLines = 15;

const pidFileOf = (dir: string, name: string): string => join(dir, `${name}.pid.json`);

const goneWithin = async (target: ProcessIdentity, withinMs: number): Promise<boolean> => {
  const deadline = Date.now() + withinMs;
  while (isAlive(target)) {
    if (Date.now() > deadline) return false;
    await pause(pollMs);
  }
  return true;
};

/** SIGKILL to a process and its children; resolves when they are gone. */
export const killTree = async (target: ProcessIdentity): Promise<void> => {
  const family = [target, ...childrenOf(target.pid)];
  for (const member of family) signal(member, 'SIGKILL');
  await Promise.all(family.map((member) => goneWithin(member, 10_000)));
};

const stopProcess = async (target: ProcessIdentity, stopSignal: NodeJS.Signals, withinMs: number): Promise<void> => {
  if (!signal(target, stopSignal)) return;
  if (!(await goneWithin(target, withinMs))) await killTree(target);
};

export const logTail = (file: string): string => {
  if (!existsSync(file)) return '(no log)';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-logTailLines).join('\n');
};

/** The log of the last run is kept beside the new one, and no older one. */
const startAfresh = (log: string): void => {
  if (existsSync(log)) renameSync(log, `${log}.1`);
};

const launch = (spec: DaemonSpec, log: string): ChildProcess => {
  const output = openSync(log, 'a', 0o600);
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.cwd ?? spec.dir,
      env: spec.env ?? process.env,
      // A group of its own: Ctrl-C must reach only us, who then stop everything in order.
      detached: true,
      stdio: spec.output === 'terminal' ? ['ignore', 'inherit', 'inherit'] : ['ignore', output, output],
      ...(spec.user === undefined ? {} : { uid: spec.user.uid, gid: spec.user.gid }),
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
};

const pidOf = (child: ChildProcess, spec: DaemonSpec): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new Error(`${spec.name} did not start: ${spec.command}`, { cause })));
    child.once('spawn', () => resolve(child.pid ?? 0));
  });

/** Starts a server as a process of its own and waits until it answers; a failure carries the end of its log. */
export const startDaemon = async (spec: DaemonSpec): Promise<Daemon> => {
  mkdirSync(spec.dir, { recursive: true });
  const log = join(spec.dir, `${spec.name}.log`);
  startAfresh(log);
  const pidFile = pidFileOf(spec.dir, spec.name);
  const child = launch(spec, log);
  const pid = await pidOf(child, spec);
  const identity = identityOf(pid) ?? { pid, startedAt: 'gone' };
  writeFileSync(pidFile, JSON.stringify({ process: identity, owner: ownIdentity() } satisfies PidFile), { mode: 0o600 });

  const deadline = Date.now() + (spec.readyWithinMs ?? 30_000);
  while (!(await spec.isReady())) {
    const problem = isAlive(identity) ? (Date.now() > deadline ? 'did not answer in time' : undefined) : 'ended at once';
    if (problem !== undefined) {
      await killTree(identity);
      rmSync(pidFile, { force: true });
      throw new Error(`${spec.name} ${problem}. The end of ${log}:\n${logTail(log)}`);
    }
    await pause(pollMs);
  }

  const forget = (): void => rmSync(pidFile, { force: true });
  return {
    identity,
    isRunning: () => isAlive(identity),
    stop: async () => {
      await stopProcess(identity, spec.stopSignal ?? 'SIGTERM', spec.stopWithinMs ?? 15_000);
      forget();
    },
    kill9: async () => {
      await killTree(identity);
      forget();
    },
  };
};

/** The daemon that a pid file in this directory speaks of, and who started it. */
export const recordedDaemon = (dir: string, name: string): PidFile | undefined => {
  try {
    return JSON.parse(readFileSync(pidFileOf(dir, name), 'utf8'));
  } catch {
    return undefined;
  }
};

/** Ends the daemon that a pid file speaks of, whoever started it. */
export const endRecorded = async (dir: string, name: string, stopSignal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
  const recorded = recordedDaemon(dir, name);
  if (recorded !== undefined) await stopProcess(recorded.process, stopSignal, 10_000);
  rmSync(pidFileOf(dir, name), { force: true });
};
