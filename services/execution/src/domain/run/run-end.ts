import type { execution } from '@orrery/contracts';
import type { RunEvent, Wish, Work } from './run-facts.ts';

/** A run whose machine fails it is tried elsewhere, this many times in all. */
export const maxAttempts = 3;

export type RunEndType = (typeof execution.runEndTypes)[number];
type RunEndEvent = Extract<RunEvent, { readonly type: RunEndType }>;

/** The harder wish to end holds. */
export const severity: Readonly<Record<execution.EndMode, number>> = { stop: 1, cancel: 2, abort: 3 };

/** How a run ends that was asked to. */
export const endTypes: Readonly<Record<execution.EndMode, RunEndType>> = {
  stop: 'RunCompleted',
  cancel: 'RunCancelled',
  abort: 'RunAborted',
};

/** Ends that are nobody's wish and not the program's doing: another attempt may follow. */
export const infrastructureReasons: ReadonlySet<execution.EndReason> = new Set([
  'start-failed',
  'lease-lost',
  'worker-lost',
  'no-fitting-worker',
  'gpu-fault',
]);

const words: Readonly<Record<Exclude<execution.EndReason, 'exited'>, string>> = {
  signalled: 'The program was ended by a signal.',
  'time-limit': 'The program reached its time limit.',
  'memory-limit': 'The program used more memory than it may.',
  'output-limit': 'The program wrote more output than it may.',
  stopped: 'The run was stopped on request.',
  aborted: 'The run was aborted on request.',
  'credit-exhausted': 'The organization ran out of credit.',
  'org-closed': 'The organization was suspended or deleted.',
  'start-failed': 'No machine could start the program.',
  'lease-lost': 'Its machine was not heard until its lease ended.',
  'worker-lost': 'Its machine was lost.',
  'no-fitting-worker': 'No machine could take it.',
  preempted: 'It gave its place back to others.',
  'gpu-fault': 'A GPU that it held broke.',
  'gang-ended': 'Another member of its gang ended: they share one fate.',
  deadline: 'It could not end by its deadline any more.',
};

/** For the owner of the run, where its machine had nothing to say of it. */
export const endInWords = (reason: execution.EndReason, exitCode: number | null): string => {
  if (reason !== 'exited') return words[reason];
  return exitCode === null ? 'The program ended, and nobody saw how.' : `The program ended with exit code ${exitCode}.`;
};

/** Whatever did not complete says why in words. */
export const endOf = (
  type: RunEndType,
  { runId, machineType, price }: Pick<Work, 'runId' | 'machineType' | 'price'>,
  end: Omit<RunEndEvent['data'], 'runId' | 'machineType' | 'price'>,
): RunEvent => {
  const message = end.message ?? (type === 'RunCompleted' ? null : endInWords(end.reason, end.exitCode));
  return { type, data: { runId, machineType, price, ...end, message } };
};

interface Verdict {
  readonly type: RunEndType;
  readonly reason: execution.EndReason;
}

const unasked: Partial<Readonly<Record<execution.EndReason, RunEndType>>> = { stopped: 'RunCompleted', aborted: 'RunAborted' };

/** Ends that the platform asks for by itself. */
const isOfPlatform = (reason: execution.EndReason): boolean =>
  reason === 'credit-exhausted' || reason === 'org-closed' || reason === 'gang-ended' || reason === 'preempted';

/**
 * What a reported end means. The machine says what happened; where it ended the program because it was asked to,
 * the wish says what that is called.
 */
export const verdictOf = (
  { reason, exitCode }: { readonly reason: execution.EndReason; readonly exitCode: number | null },
  wish: Wish | null,
): Verdict => {
  if (reason === 'exited') return { type: exitCode === 0 ? 'RunCompleted' : 'RunFailed', reason };
  const isWished = reason === 'signalled' || reason === 'stopped' || reason === 'aborted' || isOfPlatform(reason);
  if (isWished && wish) return { type: endTypes[wish.mode], reason: wish.reason };
  return { type: unasked[reason] ?? 'RunFailed', reason };
};
