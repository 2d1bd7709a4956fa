import { z } from 'zod';
import { MachineTypeName } from '../../catalog/types.ts';
import { query } from '../../define.ts';
import { Instant, PageRequest, pageOf } from '../../values.ts';
import { RunEvents } from '../runs/events.ts';
import { RunId } from '../runs/ids.ts';
import { askFields, askRefusals, refuseContradiction } from '../runs/operations.ts';
import { RunStatus } from '../runs/types.ts';
import { PlacedItem, PreemptionTold, ProposedMoves, QueueItem, QueueSummary, QuotaUse, WaitExplained } from './explain-types.ts';
import { Warnings } from './types.ts';

/** The scheduler is in one process at a time; for a moment it is in none. */
const fromScheduler = { SchedulerChangingHands: 503, SchedulerBusy: 503 } as const;
/** A copy of all that it knows would keep it from its work. */
const fromItsCopy = { ...fromScheduler, SchedulerTooLarge: 409 } as const;

export const ExplainRun = query({
  subject: 'execution.explain-run',
  summary: 'Why a run waits, when it will start and what would start now; of one that has a machine, why there',
  http: 'GET /runs/{runId}/explain',
  access: 'runs:read',
  input: z.strictObject({ runId: RunId }),
  output: z.strictObject({
    runId: RunId,
    status: RunStatus,
    /** When this was so. */
    asOf: Instant,
    /** The whole of it in a sentence or two. */
    summary: z.string(),
    /** Null where it does not wait, or so much does that nothing more is known than `summary` says. */
    waiting: WaitExplained.nullable(),
    /** Null where it has no machine. */
    placement: z
      .strictObject({ workerName: z.string().nullable(), policy: z.string(), candidates: z.int(), score: z.number(), message: z.string() })
      .nullable(),
    /** Null where it was not preempted since it had a machine last. */
    preemption: PreemptionTold.nullable(),
  }),
  refusals: { RunNotFound: 404, ...fromScheduler },
  deadlineMs: 10_000,
});

export const GetQueue = query({
  subject: 'execution.get-queue',
  summary:
    'What waits, in the order in which it is looked at, and why; with the state of the cluster. A page goes on after the last one of the page before, wherever that stands now',
  http: 'GET /queue',
  access: 'operator',
  input: PageRequest,
  output: pageOf(QueueItem).extend({ summary: QueueSummary, warnings: Warnings }),
  refusals: fromItsCopy,
  deadlineMs: 10_000,
});

export const GetQueueRunning = query({
  subject: 'execution.get-queue-running',
  summary: 'What has machines, where, and until when at the latest',
  http: 'GET /queue/running',
  access: 'operator',
  input: PageRequest,
  output: pageOf(PlacedItem),
  refusals: fromItsCopy,
  deadlineMs: 10_000,
});

export const GetQuotaUse = query({
  subject: 'execution.get-quota-use',
  summary: 'The quota tree with what each node has, is guaranteed and limited to, and its fair share',
  http: 'GET /queue/quotas',
  access: 'operator',
  input: PageRequest,
  output: pageOf(QuotaUse),
  refusals: fromItsCopy,
  deadlineMs: 10_000,
});

export const GetProposedMoves = query({
  subject: 'execution.get-proposed-moves',
  summary: 'What preemptible work could go where so that the first that wait for whole machines have room; nothing is moved',
  http: 'GET /queue/moves',
  access: 'operator',
  input: z.strictObject({}),
  output: z.strictObject({ asOf: Instant, items: z.array(ProposedMoves) }),
  refusals: fromItsCopy,
  deadlineMs: 10_000,
});

/** The same fields, and the same judgement, as of a submission. */
export const WhatIf = query({
  subject: 'execution.what-if',
  summary: 'What would become of a run if it were submitted now; nothing is submitted',
  http: 'POST /what-if',
  access: 'runs:create',
  input: z.strictObject(askFields).superRefine(refuseContradiction),
  output: z.strictObject({
    asOf: Instant,
    startsNow: z.boolean(),
    /** The whole of it in a sentence or two. */
    summary: z.string(),
    /** Of what it would get now; null where it would wait. */
    machineType: MachineTypeName.nullable(),
    /** Null where it would not wait. */
    waiting: WaitExplained.nullable(),
  }),
  refusals: { ...askRefusals, ...fromItsCopy },
  deadlineMs: 10_000,
});

/** Which part of their time limits runs have used so far, on average; null: none has ended yet. */
const MeanShare = z.number().min(0).max(1).nullable();

/** Asked of the one process that holds the scheduler, by those that serve requests; each asker knows what its answer looks like. */
export const ConsultScheduler = query({
  subject: 'execution.consult-scheduler',
  summary: 'What only the active scheduler knows',
  access: 'service',
  input: z.discriminatedUnion('about', [
    z.strictObject({
      about: z.literal('request'),
      id: RunId,
      meanShare: MeanShare,
    }),
    z.strictObject({ about: z.literal('what-if'), submission: RunEvents.RunSubmitted.schema, meanShare: MeanShare }),
    z.strictObject({ about: z.literal('moves') }),
    z.strictObject({ about: z.enum(['waiting', 'running', 'quotas']), limit: z.int().positive(), after: z.string().max(512).nullable() }),
  ]),
  output: z.strictObject({ answer: z.unknown() }),
  refusals: {},
  deadlineMs: 8_000,
});
