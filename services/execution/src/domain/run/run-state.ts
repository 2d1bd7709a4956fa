import type { execution, Instant } from '@orrery/contracts';
import { type RunEvent, type Wish, type Work, wishOf } from './run-facts.ts';

interface Active {
  readonly work: Work;
  readonly attempt: number;
  readonly epoch: number;
  /** Attempts before it that a machine failed. */
  readonly failures: number;
  readonly workerId: execution.WorkerId;
  readonly placedAt: Instant;
  readonly wish: Wish | null;
  /** It gives its place back, and why. */
  readonly preempted: execution.PreemptionReason | null;
}

export type Starting = Active & { readonly status: 'Starting' };
export type Running = Active & { readonly status: 'Running'; readonly startedAt: Instant };

export interface Pending {
  readonly status: 'Pending';
  readonly work: Work;
  readonly attempt: number;
  readonly epoch: number;
  readonly failures: number;
  /** Why it waits, as its owner was told. */
  readonly told: execution.WaitingReason | null;
}

export type RunState =
  | { readonly status: 'Absent' }
  | Pending
  | Starting
  | Running
  /** Confirmed: the machine itself reported this end; otherwise it may still hold the attempt, and must kill it. */
  | { readonly status: 'Ended'; readonly epoch: number; readonly isConfirmed: boolean };

const evolveActive = (state: Starting | Running, event: RunEvent): RunState => {
  switch (event.type) {
    case 'RunStarted':
      return { ...state, status: 'Running', startedAt: event.data.startedAt };
    case 'RunEndRequested':
      return { ...state, wish: wishOf(event.data) };
    case 'RunPreempted':
      return { ...state, preempted: event.data.reason };
    case 'RunAttemptLost': {
      const { attempt, epoch, reason } = event.data;
      // A place that was given back says nothing of the machine.
      const failures = state.failures + (reason === 'preempted' ? 0 : 1);
      return { status: 'Pending', work: state.work, attempt, epoch, failures, told: null };
    }
    default:
      return state;
  }
};

const evolvePending = (state: Pending, event: RunEvent): RunState => {
  if (event.type === 'RunKeptWaiting') return { ...state, told: event.data.reason };
  if (event.type !== 'RunPlaced') return state;
  const { attempt, epoch, workerId, machineType, price, at: placedAt } = event.data;
  const work = { ...state.work, machineType, price };
  return { status: 'Starting', work, attempt, epoch, failures: state.failures, workerId, placedAt, wish: null, preempted: null };
};

export const evolve = (state: RunState, event: RunEvent): RunState => {
  if (event.type === 'RunSubmitted') {
    const { runId, machineType, price, timeoutSeconds, request } = event.data;
    const { choices, deadlineAt, gang } = request;
    const work = { runId, machineType, price, timeoutSeconds, choices, deadlineAt, nodes: gang?.size ?? 1 };
    return { status: 'Pending', work, attempt: 0, epoch: 0, failures: 0, told: null };
  }
  if (state.status === 'Absent' || state.status === 'Ended') return state;
  switch (event.type) {
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunSystemFailed':
    case 'RunCancelled':
    case 'RunAborted':
      return { status: 'Ended', epoch: state.epoch, isConfirmed: state.status !== 'Pending' };
    default:
      return state.status === 'Pending' ? evolvePending(state, event) : evolveActive(state, event);
  }
};
