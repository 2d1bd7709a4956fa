import { epochOf, type execution, type Instant, instantOf } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';
import { preemptionInWords, reservationInWords } from './in-words.ts';
import type { RunCommand } from './run-commands.ts';
import { endOf, endTypes, severity } from './run-end.ts';
import type { RunEvent } from './run-facts.ts';
import { report, type StaleEpoch } from './run-reports.ts';
import { evolve, type RunState } from './run-state.ts';
import { type SubmissionRefusal, submit } from './run-submission.ts';
import { waitingInWords } from './waiting-in-words.ts';

export type RunRefusal =
  | SubmissionRefusal
  | StaleEpoch
  | Rejection<'RunNotFound', object>
  | Rejection<'RunNotPending', object>
  | Rejection<'RunNotPlaced', object>;

type RunDecision = Decision<RunEvent, RunRefusal>;
type Known = Exclude<RunState, { status: 'Absent' }>;

const place = (command: Extract<RunCommand, { type: 'Place' }>, state: Known): RunDecision => {
  if (state.status !== 'Pending') return reject('RunNotPending', {});
  const { workerId, gpuIndexes, mig, choice, isBorrowed, reasons, at, leaseMs } = command;
  const taken = state.work.choices[choice];
  if (!taken) return reject('RunNotPending', {});
  const ref = { runId: state.work.runId, attempt: state.attempt + 1, epoch: state.epoch + 1 };
  const leaseExpiresAt = instantOf(epochOf(at) + leaseMs);
  const where = { workerId, gpuIndexes, mig, choice, ...taken, isBorrowed };
  return accept({ type: 'RunPlaced', data: { ...ref, ...where, leaseExpiresAt, reasons, at } });
};

/** Whoever waits hears why; the same reason twice is no news. */
const keepWaiting = ({ reason, at }: Extract<RunCommand, { type: 'KeepWaiting' }>, state: Known): RunDecision => {
  if (state.status !== 'Pending') return reject('RunNotPending', {});
  if (state.told === reason) return accept();
  const { runId, choices, nodes } = state.work;
  const types = choices.map(({ machineType }) => machineType).join(' or ');
  const asked = nodes > 1 ? `${nodes} times ${types}` : types;
  const message = `${waitingInWords(reason, nodes)} It asks for ${asked}: explain says what keeps it, and what would help.`;
  return accept({ type: 'RunKeptWaiting', data: { runId, reason, message, at } });
};

/** It keeps its wish to end, where somebody has one; giving its place back twice is once. */
const preempt = (command: Extract<RunCommand, { type: 'Preempt' }>, state: Known): RunDecision => {
  const { by, reason, at } = command;
  if (state.status !== 'Starting' && state.status !== 'Running') return reject('RunNotPlaced', {});
  if (state.preempted !== null || state.wish !== null) return accept();
  const { work, attempt, epoch, workerId } = state;
  const message = preemptionInWords(reason, command.because);
  return accept({ type: 'RunPreempted', data: { runId: work.runId, attempt, epoch, workerId, by, reason, message, at } });
};

const reserve = (command: Extract<RunCommand, { type: 'Reserve' }>, state: Known): RunDecision => {
  if (state.status !== 'Pending') return reject('RunNotPending', {});
  const { startsAt, choice, seats, reason, at } = command;
  const message = reservationInWords(reason, startsAt);
  const { runId } = state.work;
  return accept({ type: 'ReservationMade', data: { runId, startsAt, choice, seats: [...seats], reason, message, at } });
};

/** Judged once more: only who waits and cannot end in time any more. */
const expire = (at: Instant, state: Known): RunDecision => {
  if (state.status !== 'Pending') return reject('RunNotPending', {});
  const { deadlineAt, timeoutSeconds } = state.work;
  if (deadlineAt === null || epochOf(at) + timeoutSeconds * 1_000 <= epochOf(deadlineAt)) return accept();
  const message = `No machine took it in time: it could not have ended by its deadline, ${deadlineAt}.`;
  return accept(endOf('RunCancelled', state.work, neverRan(state.attempt, at, 'deadline', message)));
};

const requestEnd = (command: Extract<RunCommand, { type: 'RequestEnd' }>, state: Known): RunDecision => {
  if (state.status === 'Ended') return accept();
  const { mode, by, message = null, at } = command;
  const reason = command.reason ?? (mode === 'abort' ? 'aborted' : 'stopped');
  const requested: RunEvent = { type: 'RunEndRequested', data: { runId: state.work.runId, mode, by, reason, message, at } };
  if (state.status === 'Pending') return accept(requested, endOf(endTypes[mode], state.work, neverRan(state.attempt, at, reason, message)));
  return state.wish && severity[state.wish.mode] >= severity[mode] ? accept() : accept(requested);
};

const neverRan = (attempt: number, endedAt: Instant, reason: execution.EndReason, message: string | null = null) =>
  ({ attempt, startedAt: null, endedAt, ranMs: 0, exitCode: null, reason, message, lastSeq: 0 }) as const;

const decide = (command: RunCommand, state: RunState): RunDecision => {
  // The id of a run is drawn with the command: the same id is the same wish.
  if (command.type === 'Submit') return state.status === 'Absent' ? submit(command) : accept();
  if (state.status === 'Absent') return reject('RunNotFound', {});
  switch (command.type) {
    case 'Place':
      return place(command, state);
    case 'ReportStarted':
    case 'ReportEnded':
    case 'ReportRefused':
    case 'LoseAttempt':
      return report(command, state);
    case 'Preempt':
      return preempt(command, state);
    case 'Reserve':
      return reserve(command, state);
    case 'Expire':
      return expire(command.at, state);
    case 'RequestEnd':
      return requestEnd(command, state);
    case 'KeepWaiting':
      return keepWaiting(command, state);
    case 'GiveUp':
      if (state.status !== 'Pending') return reject('RunNotPending', {});
      return accept(endOf('RunSystemFailed', state.work, neverRan(state.attempt, command.at, 'no-fitting-worker', command.message)));
  }
};

/** One run, from its submission to its one end. */
export const Run: Decider<RunCommand, RunEvent, RunState, RunRefusal> = { initial: { status: 'Absent' }, decide, evolve };
