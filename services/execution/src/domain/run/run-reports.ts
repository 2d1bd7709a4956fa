import { epochOf, type execution, type Instant, instantOf } from '@orrery/contracts';
import { accept, type Decision, type Rejection, reject } from '@orrery/kernel';
import type { Loss, RunCommand } from './run-commands.ts';
import { endOf, endTypes, infrastructureReasons, maxAttempts, verdictOf } from './run-end.ts';
import type { RunEvent } from './run-facts.ts';
import type { Running, RunState, Starting } from './run-state.ts';

/** The caller speaks of an attempt that is not, or no longer, the one that counts. */
export type StaleEpoch = Rejection<'StaleEpoch', { readonly epoch: number }>;
type ReportDecision = Decision<RunEvent, StaleEpoch>;
export type ReportCommand = Extract<RunCommand, { type: 'ReportStarted' | 'ReportEnded' | 'ReportRefused' | 'LoseAttempt' }>;

/** A machine's clock is not ours: nothing it tells of can lie before its placement or after the telling. */
const plausible = (told: Instant, { placedAt }: Starting | Running, receivedAt: Instant): Instant =>
  instantOf(Math.max(epochOf(placedAt), Math.min(epochOf(told), epochOf(receivedAt))));

const startedEvent = ({ work, attempt, epoch, workerId }: Starting | Running, startedAt: Instant): RunEvent => {
  const { runId, machineType, price, timeoutSeconds } = work;
  return { type: 'RunStarted', data: { runId, attempt, epoch, workerId, machineType, price, timeoutSeconds, startedAt } };
};

const lose = (state: Starting | Running, told: Loss, isFinal: boolean): ReportDecision => {
  const { work, attempt, epoch, workerId, wish, preempted } = state;
  // However it comes to its end: it was to give its place back, and did.
  const loss = preempted === null ? told : { ...told, reason: 'preempted' as const };
  const lost: RunEvent = { type: 'RunAttemptLost', data: { runId: work.runId, attempt, epoch, workerId, ...loss } };
  const startedAt = state.status === 'Running' ? state.startedAt : null;
  // Time that no machine confirmed is not billed.
  const end = { attempt, startedAt, endedAt: loss.at, ranMs: 0, exitCode: null, message: loss.message, lastSeq: 0 };
  if (wish) return accept(lost, endOf(endTypes[wish.mode], work, { ...end, message: wish.message, reason: wish.reason }));
  const isLast = preempted === null && state.failures + 1 >= maxAttempts;
  if (isFinal || isLast) return accept(lost, endOf('RunSystemFailed', work, { ...end, reason: told.reason }));
  return accept(lost);
};

/** When the program began; null where it was ended before it could. */
const beginningOf = (state: Starting | Running, endedAt: Instant, ranMs: number): Instant | null => {
  if (state.status === 'Running') return state.startedAt;
  return ranMs === 0 ? null : plausible(instantOf(epochOf(endedAt) - ranMs), state, endedAt);
};

/** How an end that gives the run back its place in the queue is told; null where it is an end of the run. */
const lossOf = (reason: execution.EndReason, { preempted, wish }: Starting | Running): execution.EndReason | null => {
  if (reason === 'preempted' && preempted === null) return 'worker-lost';
  if (reason === 'preempted') return wish === null ? reason : null;
  return infrastructureReasons.has(reason) ? reason : null;
};

const end = (report: Extract<RunCommand, { type: 'ReportEnded' }>, state: Starting | Running): ReportDecision => {
  const { receivedAt, exitCode, lastSeq } = report;
  const lost = lossOf(report.reason, state);
  if (lost) return lose(state, { reason: lost, message: report.message, at: receivedAt }, false);
  const endedAt = plausible(report.at, state, receivedAt);
  const ranMs = Math.min(report.ranMs, epochOf(receivedAt) - epochOf(state.placedAt));
  const startedAt = beginningOf(state, endedAt, ranMs);
  const { type, reason } = verdictOf(report, state.wish);
  const { attempt } = state;
  const message = report.message ?? (reason === state.wish?.reason ? state.wish.message : null);
  const ended = endOf(type, state.work, { attempt, startedAt, endedAt, ranMs, exitCode, reason, message, lastSeq });
  return state.status === 'Running' || startedAt === null ? accept(ended) : accept(startedEvent(state, startedAt), ended);
};

/** Nobody speaks for the attempt of another machine. */
const isForeign = (command: ReportCommand, state: Starting | Running): boolean =>
  'workerId' in command && command.workerId !== state.workerId;

/** A report of an attempt that holds the run now; everything else is stale, or was told before. */
export const report = (command: ReportCommand, state: Exclude<RunState, { status: 'Absent' }>): ReportDecision => {
  if (state.status === 'Ended') {
    const isOver = command.epoch === state.epoch && (state.isConfirmed || command.type === 'ReportEnded');
    return isOver ? accept() : reject('StaleEpoch', { epoch: state.epoch });
  }
  if (state.status === 'Pending' || command.epoch !== state.epoch || isForeign(command, state)) {
    return reject('StaleEpoch', { epoch: state.epoch });
  }
  switch (command.type) {
    case 'ReportStarted':
      return state.status === 'Running' ? accept() : accept(startedEvent(state, plausible(command.at, state, command.receivedAt)));
    case 'ReportEnded':
      return end(command, state);
    case 'ReportRefused':
      return lose(state, { reason: 'start-failed', message: command.message, at: command.receivedAt }, !command.isRetryable);
    case 'LoseAttempt':
      return lose(state, { reason: command.reason, message: command.message, at: command.at }, false);
  }
};
