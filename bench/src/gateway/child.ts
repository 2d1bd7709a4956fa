import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** Of Linux, on every machine that it still runs on. */
const ticksPerSecond = 100;
const readyMs = 60_000;
const stopMs = 10_000;

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Asked until it answers, whatever it says. */
  readonly readyUrl: string;
  readonly isReady?: (status: number) => boolean;
}

export interface Child {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Microseconds of CPU that a process has used, in itself and in the kernel. */
export const cpuMicrosOf = (pid: number): number => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / ticksPerSecond;
};

export const residentMegabytesOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;

export const childPidsOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

const answers = async ({ readyUrl, isReady = () => true }: ChildSpec): Promise<boolean> => {
  try {
    const answer = await fetch(readyUrl, { signal: AbortSignal.timeout(2_000) });
    await answer.arrayBuffer();
    return isReady(answer.status);
  } catch {
    return false;
  }
};

const stopped = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await gone;
  clearTimeout(timer);
};

/** Starts a program and waits until it answers. */
export const startChild = async (spec: ChildSpec): Promise<Child> => {
  const child = spawn(spec.command, spec.args, { stdio: ['ignore', 'ignore', 'inherit'], env: spec.env ?? process.env });
  await once(child, 'spawn');
  const until = performance.now() + readyMs;
  while (!(await answers(spec))) {
    if (performance.now() > until || child.exitCode !== null) {
      await stopped(child);
      throw new Error(`${spec.name} did not start: ${spec.command} ${spec.args.join(' ')}`);
    }
    await pause(100);
  }
  return { pid: child.pid ?? 0, stop: () => stopped(child) };
};
