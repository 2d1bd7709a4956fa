import { epochOf, type execution } from '@orrery/contracts';
import { retryDelayMs } from '../../run/retry-policy.ts';
import type { RunEndType } from '../../run/run-end.ts';
import { type DataOf, type RunEvent, type Wish, wishOf } from '../../run/run-facts.ts';
import type { Wait } from './waiting.ts';

/** How a run lost the machine that it had. */
interface Loss {
  readonly at: number;
  readonly notBefore: number;
  /** Null where the machine is not to blame. */
  readonly failedOn: execution.WorkerId | null;
  /** The scheduler itself took it away. */
  readonly isPreempted: boolean;
  readonly reason: execution.EndReason;
  readonly message: string | null;
}

/** One run as its facts tell it. */
export interface LiveRun {
  readonly id: execution.RunId;
  readonly orgId: string;
  readonly submission: DataOf<'RunSubmitted'>;
  /** Where it is; null while it waits, and after its end. */
  placed: DataOf<'RunPlaced'> | null;
  /** How it lost its last machine; null where it has lost none. */
  loss: Loss | null;
  /** How it was asked to end. */
  wish: Wish | null;
  preempted: execution.PreemptionReason | null;
  ended: { readonly type: RunEndType; readonly at: number; readonly message: string | null } | null;
  /** What its owner was told of its waiting. */
  told: Wait['told'];
}

export const submittedRun = (submission: DataOf<'RunSubmitted'>): LiveRun => ({
  id: submission.runId,
  orgId: submission.orgId,
  submission,
  placed: null,
  loss: null,
  wish: null,
  preempted: null,
  ended: null,
  told: null,
});

/** Reasons of the scheduler's own, which count against what one run can be asked to bear. */
const isSchedulers = (reason: execution.PreemptionReason | null): boolean => reason !== null && reason !== 'drain' && reason !== 'gang';

const lossOf = ({ preempted }: LiveRun, { workerId, reason, message, attempt, at }: DataOf<'RunAttemptLost'>): Loss => {
  const isGivenBack = reason === 'preempted';
  return {
    at: epochOf(at),
    notBefore: epochOf(at) + retryDelayMs(reason, attempt),
    failedOn: isGivenBack ? null : workerId,
    isPreempted: isGivenBack && isSchedulers(preempted),
    reason,
    message,
  };
};

export const evolveRun = (run: LiveRun, event: Exclude<RunEvent, { type: 'RunSubmitted' }>): void => {
  switch (event.type) {
    case 'RunKeptWaiting':
      run.told = { reason: event.data.reason, at: epochOf(event.data.at), times: (run.told?.times ?? 0) + 1 };
      return;
    case 'RunPlaced':
      Object.assign(run, { placed: event.data, wish: null, preempted: null, told: null });
      return;
    case 'RunPreempted':
      run.preempted = event.data.reason;
      return;
    case 'RunEndRequested':
      run.wish = wishOf(event.data);
      return;
    case 'RunAttemptLost':
      Object.assign(run, { placed: null, loss: lossOf(run, event.data), preempted: null });
      return;
    case 'RunStarted':
    case 'ReservationMade':
      return;
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunSystemFailed':
    case 'RunCancelled':
    case 'RunAborted':
      Object.assign(run, { placed: null, ended: { type: event.type, at: epochOf(event.data.endedAt), message: event.data.message } });
      return;
  }
};

/** It has a machine, and nobody has asked it to leave. */
export const isSettled = ({ placed, wish, preempted }: LiveRun): boolean => placed !== null && wish === null && preempted === null;
