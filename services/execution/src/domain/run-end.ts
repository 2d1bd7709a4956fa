import type { execution } from '@orrery/contracts';
import type { RunEvent, Wish, Work } from './run-facts.ts';

/** A run whose machine fails it is tried elsewhere, this many times in all. */
export const maxAttempts = 3;

export type RunEndType = (typeof execution.runEndTypes)[number];
type RunEndEvent = Extract<RunEvent, { readonly type: RunEndType }>;

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
]);

export const endOf = (
  type: RunEndType,
  { runId, machineType, price }: Work,
  end: Omit<RunEndEvent['data'], 'runId' | 'machineType' | 'price'>,
): RunEvent => ({ type, data: { runId, machineType, price, ...end } });

interface Verdict {
  readonly type: RunEndType;
  readonly reason: execution.EndReason;
}

const unasked: Partial<Readonly<Record<execution.EndReason, RunEndType>>> = { stopped: 'RunCompleted', aborted: 'RunAborted' };

/**
 * What a reported end means. The machine says what happened; where it ended the program because it was asked to,
 * the wish says what that is called.
 */
export const verdictOf = (
  { reason, exitCode }: { readonly reason: execution.EndReason; readonly exitCode: number | null },
  wish: Wish | null,
): Verdict => {
  if (reason === 'exited') return { type: exitCode === 0 ? 'RunCompleted' : 'RunFailed', reason };
  const isWished = reason === 'signalled' || reason === 'stopped' || reason === 'aborted' || reason === 'credit-exhausted';
  if (isWished && wish) return { type: endTypes[wish.mode], reason: wish.reason };
  return { type: unasked[reason] ?? 'RunFailed', reason };
};
