import { epochOf, type execution, type Instant, instantOf } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';
import type { Loss, RunCommand, Submission } from './run-commands.ts';
import { endOf, endTypes, infrastructureReasons, maxAttempts, verdictOf } from './run-end.ts';
import type { RunEvent, Wish, Work } from './run-facts.ts';
import { waitingInWords } from './scheduling/waiting.ts';

interface Active {
  readonly work: Work;
  readonly attempt: number;
  readonly epoch: number;
  readonly workerId: execution.WorkerId;
  readonly placedAt: Instant;
  readonly wish: Wish | null;
}

export type Starting = Active & { readonly status: 'Starting' };
export type Running = Active & { readonly status: 'Running'; readonly startedAt: Instant };

export type RunState =
  | { readonly status: 'Absent' }
  | {
      readonly status: 'Pending';
      readonly work: Work;
      readonly attempt: number;
      readonly epoch: number;
      /** Why it waits, as its owner was told. */
      readonly told: execution.WaitingReason | null;
    }
  | Starting
  | Running
  /** Confirmed: the machine itself reported this end; otherwise it may still hold the attempt, and must kill it. */
  | { readonly status: 'Ended'; readonly epoch: number; readonly isConfirmed: boolean };

export type RunRefusal =
  | Rejection<'MachineTypeNotOffered', { readonly machineType: string }>
  | Rejection<'NoPrice', { readonly machineType: string }>
  | Rejection<'InsufficientCredits', object>
  | Rejection<'OrgSuspended', object>
  | Rejection<'ProgramTooLarge', { readonly bytes: number; readonly maxBytes: number }>
  | Rejection<'RunNotFound', object>
  | Rejection<'RunNotPending', object>
  /** The caller speaks of an attempt that is not, or no longer, the one that counts. */
  | Rejection<'StaleEpoch', { readonly epoch: number }>;

type RunDecision = Decision<RunEvent, RunRefusal>;

const submit = (wish: Submission): RunDecision => {
  const { resources, price, program, machineType } = wish;
  if (wish.isClosed) return reject('OrgSuspended', {});
  if (resources === null) return reject('MachineTypeNotOffered', { machineType });
  if (price === null) return reject('NoPrice', { machineType });
  if (program.bytes > program.maxBytes) return reject('ProgramTooLarge', { bytes: program.bytes, maxBytes: program.maxBytes });
  if (!wish.hasCredit) return reject('InsufficientCredits', {});
  const { runId, orgId, timeoutSeconds, submittedBy, at } = wish;
  const { fileName, hash: programHash, bytes: programBytes } = program;
  const data = { runId, orgId, machineType, resources, price, fileName, programHash, programBytes, timeoutSeconds, submittedBy, at };
  return accept({ type: 'RunSubmitted', data });
};

const place = (command: Extract<RunCommand, { type: 'Place' }>, state: RunState): RunDecision => {
  if (state.status !== 'Pending') return reject('RunNotPending', {});
  const { workerId, gpuIndexes, reasons, at, leaseMs } = command;
  const ref = { runId: state.work.runId, attempt: state.attempt + 1, epoch: state.epoch + 1 };
  const leaseExpiresAt = instantOf(epochOf(at) + leaseMs);
  return accept({ type: 'RunPlaced', data: { ...ref, workerId, gpuIndexes, leaseExpiresAt, reasons, at } });
};

/** A machine's clock is not ours: nothing it tells of can lie before its placement or after the telling. */
const plausible = (told: Instant, { placedAt }: Active, receivedAt: Instant): Instant =>
  instantOf(Math.max(epochOf(placedAt), Math.min(epochOf(told), epochOf(receivedAt))));

const startedEvent = ({ work, attempt, epoch, workerId }: Active, startedAt: Instant): RunEvent => {
  const { runId, machineType, price, timeoutSeconds } = work;
  return { type: 'RunStarted', data: { runId, attempt, epoch, workerId, machineType, price, timeoutSeconds, startedAt } };
};

const lose = (state: Starting | Running, loss: Loss, isFinal: boolean): RunDecision => {
  const { work, attempt, epoch, workerId, wish } = state;
  const lost: RunEvent = { type: 'RunAttemptLost', data: { runId: work.runId, attempt, epoch, workerId, ...loss } };
  const startedAt = state.status === 'Running' ? state.startedAt : null;
  // Time that no machine confirmed is not billed.
  const end = { attempt, startedAt, endedAt: loss.at, ranMs: 0, exitCode: null, message: loss.message, lastSeq: 0 };
  if (wish) return accept(lost, endOf(endTypes[wish.mode], work, { ...end, message: null, reason: wish.reason }));
  if (isFinal || attempt >= maxAttempts) return accept(lost, endOf('RunSystemFailed', work, { ...end, reason: loss.reason }));
  return accept(lost);
};

/** When the program began; null where it was ended before it could. */
const beginningOf = (state: Starting | Running, endedAt: Instant, ranMs: number): Instant | null => {
  if (state.status === 'Running') return state.startedAt;
  return ranMs === 0 ? null : plausible(instantOf(epochOf(endedAt) - ranMs), state, endedAt);
};

const end = (report: Extract<RunCommand, { type: 'ReportEnded' }>, state: Starting | Running): RunDecision => {
  const { reason, message, receivedAt, exitCode, lastSeq } = report;
  if (infrastructureReasons.has(reason)) return lose(state, { reason, message, at: receivedAt }, false);
  const endedAt = plausible(report.at, state, receivedAt);
  const ranMs = Math.min(report.ranMs, epochOf(receivedAt) - epochOf(state.placedAt));
  const startedAt = beginningOf(state, endedAt, ranMs);
  const verdict = verdictOf(report, state.wish);
  const ended = endOf(verdict.type, state.work, {
    attempt: state.attempt,
    startedAt,
    endedAt,
    ranMs,
    exitCode,
    reason: verdict.reason,
    message,
    lastSeq,
  });
  return state.status === 'Running' || startedAt === null ? accept(ended) : accept(startedEvent(state, startedAt), ended);
};

/** Nobody speaks for the attempt of another machine. */
const isForeign = (command: RunCommand, state: Starting | Running): boolean => 'workerId' in command && command.workerId !== state.workerId;

/** A report of an attempt that holds the run now; everything else is stale, or was told before. */
const report = (
  command: Extract<RunCommand, { type: 'ReportStarted' | 'ReportEnded' | 'ReportRefused' | 'LoseAttempt' }>,
  state: Exclude<RunState, { status: 'Absent' }>,
): RunDecision => {
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

/** Whoever waits hears why; the same reason twice is no news. */
const keepWaiting = (
  { reason, at }: Extract<RunCommand, { type: 'KeepWaiting' }>,
  state: Exclude<RunState, { status: 'Absent' }>,
): RunDecision => {
  if (state.status !== 'Pending') return reject('RunNotPending', {});
  if (state.told === reason) return accept();
  const { runId, machineType } = state.work;
  return accept({ type: 'RunKeptWaiting', data: { runId, reason, message: waitingInWords(reason, machineType), at } });
};

const severity: Readonly<Record<execution.EndMode, number>> = { stop: 1, cancel: 2, abort: 3 };

const requestEnd = (command: Extract<RunCommand, { type: 'RequestEnd' }>, state: Exclude<RunState, { status: 'Absent' }>): RunDecision => {
  if (state.status === 'Ended') return accept();
  const { mode, by, at } = command;
  const reason = command.reason ?? (mode === 'abort' ? 'aborted' : 'stopped');
  const requested: RunEvent = { type: 'RunEndRequested', data: { runId: state.work.runId, mode, by, reason, at } };
  if (state.status === 'Pending') return accept(requested, endOf(endTypes[mode], state.work, neverRan(state.attempt, at, reason)));
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
    case 'RequestEnd':
      return requestEnd(command, state);
    case 'KeepWaiting':
      return keepWaiting(command, state);
    case 'GiveUp':
      if (state.status !== 'Pending') return reject('RunNotPending', {});
      return accept(endOf('RunSystemFailed', state.work, neverRan(state.attempt, command.at, 'no-fitting-worker', command.message)));
  }
};

const evolve = (state: RunState, event: RunEvent): RunState => {
  if (event.type === 'RunSubmitted') {
    const { runId, machineType, price, timeoutSeconds } = event.data;
    return { status: 'Pending', work: { runId, machineType, price, timeoutSeconds }, attempt: 0, epoch: 0, told: null };
  }
  if (state.status === 'Absent' || state.status === 'Ended') return state;
  switch (event.type) {
    case 'RunKeptWaiting':
      return state.status === 'Pending' ? { ...state, told: event.data.reason } : state;
    case 'RunPlaced': {
      const { attempt, epoch, workerId, at: placedAt } = event.data;
      return { status: 'Starting', work: state.work, attempt, epoch, workerId, placedAt, wish: null };
    }
    case 'RunStarted':
      return state.status === 'Pending' ? state : { ...state, status: 'Running', startedAt: event.data.startedAt };
    case 'RunEndRequested':
      return state.status === 'Pending' ? state : { ...state, wish: { mode: event.data.mode, reason: event.data.reason } };
    case 'RunAttemptLost':
      return { status: 'Pending', work: state.work, attempt: event.data.attempt, epoch: event.data.epoch, told: null };
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunSystemFailed':
    case 'RunCancelled':
    case 'RunAborted':
      return { status: 'Ended', epoch: state.epoch, isConfirmed: state.status !== 'Pending' };
  }
};

/** One run, from its submission to its one end. */
export const Run: Decider<RunCommand, RunEvent, RunState, RunRefusal> = { initial: { status: 'Absent' }, decide, evolve };
