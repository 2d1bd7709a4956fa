import type { EndReason, EndRequest } from './attempt.ts';

/** What the machine can tell of a program that is gone. */
export interface Evidence {
  /** As a shell tells it: 128 and the signal's number for a program that a signal ended; null where nobody was left to note it. */
  readonly exitCode: number | null;
  readonly endedUptimeMs: number;
  readonly ranMs: number;
  /** Processes of this attempt that the kernel killed for memory. */
  readonly oomKills: number;
  /** Time the program had, grace included, before the launcher's own clock would kill it. */
  readonly backstopMs: number;
  readonly end: EndRequest | undefined;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly reason: EndReason;
  readonly message: string | null;
}

const sigkill = 137;
const highestSignal = 128 + 64;

const signalNames: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
  24: 'SIGXCPU',
  25: 'SIGXFSZ',
  31: 'SIGSYS',
};

const overTime = 'The program reached its time limit.';
const overMemory = 'The program used more memory than it may.';

const explanations: Readonly<Partial<Record<EndReason, string>>> = {
  'time-limit': overTime,
  'output-limit': 'The program wrote more output than it may.',
  'memory-limit': overMemory,
  'lease-lost': 'The machine could not reach the platform, and its lease ran out.',
  'credit-exhausted': 'The organization ran out of credit.',
  'org-closed': 'The organization was suspended or deleted.',
};

const signalOf = (exitCode: number): string | undefined => {
  if (exitCode <= 128 || exitCode > highestSignal) return undefined;
  return signalNames[exitCode - 128] ?? `signal ${exitCode - 128}`;
};

const untouched = ({ exitCode, oomKills, ranMs, backstopMs }: Evidence): Outcome => {
  if (oomKills > 0 && exitCode !== 0) return { exitCode, reason: 'memory-limit', message: overMemory };
  // The program cannot reach its watchers: whoever killed them, it is the machine's doing and not the customer's.
  if (exitCode === null) return { exitCode, reason: 'worker-lost', message: 'The processes that watched over the program were killed.' };
  // Nobody asked for it, yet it was killed when the launcher's own clock ran out: the agent was away.
  if (exitCode === sigkill && ranMs >= backstopMs) return { exitCode, reason: 'time-limit', message: overTime };
  const signal = signalOf(exitCode);
  if (signal !== undefined) return { exitCode, reason: 'signalled', message: `The program was ended by ${signal}.` };
  const message = oomKills > 0 ? `The kernel killed ${oomKills} of its processes for memory.` : null;
  return { exitCode, reason: 'exited', message };
};

/** Why a program ended. A wish that came after the program was gone explains nothing. */
export const outcomeOf = (evidence: Evidence): Outcome => {
  const { end, exitCode, endedUptimeMs } = evidence;
  if (end === undefined || end.uptimeMs > endedUptimeMs) return untouched(evidence);
  return { exitCode, reason: end.reason, message: explanations[end.reason] ?? null };
};
