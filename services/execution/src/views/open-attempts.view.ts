import type { execution } from '@orrery/contracts';
import { boolean, type ChangeOf, type Fact, instant, integer, json, nullable, type Table, text, uuid, view } from '@orrery/event-store';
import type { RunEvent } from '../domain/run/run-facts.ts';
import { type ExecutionFact, isOfRun } from './kinds.ts';

const columns = {
  runId: uuid<execution.RunId>(),
  attempt: integer(),
  epoch: integer(),
  workerId: uuid<execution.WorkerId>(),
  gpuIndexes: json<number[]>(),
  mig: nullable(json<execution.MigSlice>()),
  placedAt: instant(),
  /** As promised at the placement; what beats made of it is kept elsewhere. */
  leaseExpiresAt: instant(),
  isRunning: boolean(),
  endMode: nullable(text<execution.EndMode>()),
  endReason: nullable(text<execution.EndReason>()),
  traceparent: nullable(text()),
};

const foldRun = ({ event, metadata }: Fact<RunEvent>): readonly ChangeOf<Table<typeof columns, 'runId'>>[] => {
  switch (event.type) {
    case 'RunPlaced': {
      const { runId, attempt, epoch, workerId, gpuIndexes, mig, leaseExpiresAt, at: placedAt } = event.data;
      const fresh = { isRunning: false, endMode: null, endReason: null, traceparent: metadata.traceparent ?? null };
      return [{ put: { runId, attempt, epoch, workerId, gpuIndexes, mig, placedAt, leaseExpiresAt, ...fresh } }];
    }
    case 'RunStarted':
      return [{ patch: { runId: event.data.runId }, set: { isRunning: true } }];
    case 'RunEndRequested':
      return [{ patch: { runId: event.data.runId }, set: { endMode: event.data.mode, endReason: event.data.reason } }];
    // Its machine hears of it as of any other wish to end.
    case 'RunPreempted':
      return [{ patch: { runId: event.data.runId }, set: { endMode: 'stop', endReason: 'preempted' } }];
    case 'RunSubmitted':
    case 'RunKeptWaiting':
    case 'ReservationMade':
      return [];
    case 'RunAttemptLost':
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunSystemFailed':
    case 'RunCancelled':
    case 'RunAborted':
      return [{ drop: { runId: event.data.runId } }];
  }
};

/** The attempts that hold a run now: what the dispatcher and the leases are about. */
export const openAttempts = view({
  name: 'open-attempts',
  table: 'open_attempts',
  columns,
  key: ['runId'],
  indexes: [['workerId']],
  fold: (fact: ExecutionFact) => (isOfRun(fact) ? foldRun(fact) : []),
});

/** Which machine had which attempt, for ever: whose output counts as a run's. */
export const runAttempts = view({
  name: 'run-attempts',
  table: 'run_attempts',
  columns: { runId: uuid<execution.RunId>(), attempt: integer(), workerId: uuid<execution.WorkerId>() },
  key: ['runId', 'attempt'],
  fold: ({ event }: ExecutionFact) => {
    if (event.type !== 'RunPlaced') return [];
    const { runId, attempt, workerId } = event.data;
    return [{ put: { runId, attempt, workerId } }];
  },
});
