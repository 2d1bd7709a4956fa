import type { catalog, execution, OrgId } from '@orrery/contracts';
import {
  boolean,
  type ChangeOf,
  type Fact,
  instant,
  integer,
  json,
  nullable,
  type RowOf,
  type Table,
  text,
  uuid,
  view,
} from '@orrery/event-store';
import { endInWords } from '../domain/run/run-end.ts';
import type { DataOf, RunEvent } from '../domain/run/run-facts.ts';
import { type ExecutionFact, isOfRun } from './kinds.ts';

const columns = {
  id: uuid<execution.RunId>(),
  orgId: uuid<OrgId>(),
  status: text<execution.RunStatus>(),
  machineType: text(),
  resources: json<catalog.Resources>(),
  fileName: nullable(text()),
  price: json<catalog.PinnedPrice>(),
  request: json<execution.RunRequest>(),
  gangId: nullable(uuid<execution.RunId>()),
  timeoutSeconds: integer(),
  attempt: integer(),
  workerId: nullable(uuid<execution.WorkerId>()),
  submittedBy: text(),
  submittedAt: instant(),
  placedAt: nullable(instant()),
  startedAt: nullable(instant()),
  endedAt: nullable(instant()),
  ranMs: nullable(integer()),
  exitCode: nullable(integer()),
  reason: nullable(text<execution.EndReason>()),
  message: nullable(text()),
  waiting: nullable(json<execution.Waiting>()),
  /** Since when it has no machine: its submission, or the end of its last attempt. */
  waitsSince: instant(),
  reservation: nullable(json<execution.Reservation>()),
  isBorrowed: nullable(boolean()),
  preemptions: integer(),
  preempted: nullable(json<execution.Preemption>()),
  lastSeq: integer(),
  /** When its end became a fact, by our clock; the end itself is told by the machine's. */
  settledAt: nullable(instant()),
  traceId: nullable(text()),
};

export type RunRow = RowOf<typeof columns>;
type RunChange = ChangeOf<Table<typeof columns, 'id'>>;

type RunFact = Pick<Fact<RunEvent>, 'event' | 'metadata' | 'recordedAt'>;

const submitted = (data: DataOf<'RunSubmitted'>, traceparent: string | undefined): RunChange => {
  const { runId: id, orgId, machineType, resources, fileName, price, request, timeoutSeconds, submittedBy, at: submittedAt } = data;
  const never = {
    placedAt: null,
    startedAt: null,
    endedAt: null,
    ranMs: null,
    exitCode: null,
    reason: null,
    message: null,
    waiting: null,
    reservation: null,
    isBorrowed: null,
    preemptions: 0,
    preempted: null,
    lastSeq: 0,
    settledAt: null,
  };
  const traceId = traceparent?.split('-')[1] ?? null;
  const put: RunRow = {
    id,
    orgId,
    status: 'pending',
    machineType,
    resources,
    fileName,
    price,
    request,
    gangId: request.gang?.id ?? null,
    timeoutSeconds,
    attempt: 0,
    workerId: null,
    submittedBy,
    submittedAt,
    waitsSince: submittedAt,
    ...never,
    traceId,
  };
  return { put };
};

const endStatuses: Readonly<Record<(typeof execution.runEndTypes)[number], execution.RunStatus>> = {
  RunCompleted: 'completed',
  RunFailed: 'failed',
  RunSystemFailed: 'system_failure',
  RunCancelled: 'cancelled',
  RunAborted: 'aborted',
};

/** The status that an event ends a run in; undefined where it does not end. */
export const endStatusOf = (type: string): execution.RunStatus | undefined =>
  Object.entries(endStatuses).find(([end]) => end === type)?.[1];

const foldRun = ({ event, metadata, recordedAt }: RunFact): readonly RunChange[] => {
  switch (event.type) {
    case 'RunSubmitted':
      return [submitted(event.data, metadata.traceparent)];
    case 'RunKeptWaiting': {
      const { runId: id, reason, message, at: since } = event.data;
      return [{ patch: { id }, set: { waiting: { reason, message, since } } }];
    }
    case 'RunPlaced': {
      const { runId: id, attempt, workerId, machineType, resources, price, isBorrowed, at: placedAt } = event.data;
      const taken = { attempt, workerId, machineType, resources, price, isBorrowed, placedAt };
      return [{ patch: { id }, set: { status: 'starting', ...taken, waiting: null, reservation: null } }];
    }
    case 'RunStarted': {
      const { runId: id, startedAt } = event.data;
      return [{ patch: { id }, set: { status: 'running', startedAt } }];
    }
    case 'RunPreempted': {
      const { runId: id, reason, message, at } = event.data;
      return [{ patch: { id }, set: { preempted: { reason, message, at } }, add: { preemptions: 1 } }];
    }
    case 'ReservationMade': {
      const { runId: id, startsAt, message, at: since } = event.data;
      return [{ patch: { id }, set: { reservation: { startsAt, message, since } } }];
    }
    case 'RunAttemptLost': {
      const { runId: id, reason, message, at: waitsSince } = event.data;
      const waiting = reason === 'preempted' ? { reason, message: message ?? endInWords(reason, null), since: waitsSince } : null;
      const nowhere = { workerId: null, placedAt: null, startedAt: null, isBorrowed: null };
      return [{ patch: { id }, set: { status: 'pending', ...nowhere, waiting, waitsSince } }];
    }
    case 'RunEndRequested':
      return [];
    case 'RunCompleted':
    case 'RunFailed':
    case 'RunSystemFailed':
    case 'RunCancelled':
    case 'RunAborted': {
      const { runId: id, startedAt, endedAt, ranMs, exitCode, reason, message, lastSeq } = event.data;
      const settledAt = recordedAt.toISOString();
      return [
        {
          patch: { id },
          set: {
            status: endStatuses[event.type],
            startedAt,
            endedAt,
            ranMs,
            exitCode,
            reason,
            message,
            waiting: null,
            reservation: null,
            isBorrowed: null,
            lastSeq,
            settledAt,
          },
        },
      ];
    }
  }
};

/** Every run as it is: what the API answers from. */
export const runList = view({
  name: 'run-list',
  table: 'run_list',
  columns,
  key: ['id'],
  indexes: [['orgId', 'id'], ['orgId', 'status', 'id'], ['status'], ['gangId', 'id'], ['settledAt']],
  fold: (fact: ExecutionFact) => (isOfRun(fact) ? foldRun(fact) : []),
});

/** One run as facts tell it; undefined before the first. */
export const runRowOf = (facts: readonly RunFact[]): RunRow | undefined => {
  let row: RunRow | undefined;
  for (const change of facts.flatMap(foldRun)) {
    if ('put' in change) row = change.put;
    else if (row && 'patch' in change) row = { ...row, ...change.set, preemptions: row.preemptions + (change.add?.preemptions ?? 0) };
  }
  return row;
};
