import { z } from 'zod';
import { PinnedPrice } from '../../catalog/prices/types.ts';
import { MachineTypeName, Resources } from '../../catalog/types.ts';
import { events } from '../../define.ts';
import { Instant, OrgId } from '../../values.ts';
import { AttemptRef } from '../attempts/types.ts';
import { WorkerId } from '../workers/types.ts';
import { RunId } from './ids.ts';
import { MigSlice, RunRequest } from './request.ts';
import { EndMode, EndReason, PreemptionReason, WaitingReason } from './types.ts';

/** The end of a run. It carries what a bill needs, so that billing depends on no other event. */
const RunEnd = z.strictObject({
  runId: RunId,
  attempt: z.int().min(0),
  machineType: MachineTypeName,
  price: PinnedPrice,
  /** Null where no program ever started. */
  startedAt: Instant.nullable(),
  endedAt: Instant,
  /** Zero where no program ever started or its time is not to be billed. */
  ranMs: z.int().min(0),
  exitCode: z.int().nullable(),
  reason: EndReason,
  message: z.string().nullable(),
  lastSeq: z.int().min(0),
});

export const RunEvents = events('execution', {
  RunSubmitted: z.strictObject({
    runId: RunId,
    orgId: OrgId,
    machineType: MachineTypeName,
    resources: Resources,
    price: PinnedPrice,
    /** `machineType`, `resources` and `price` beside it are those of its first choice. */
    request: RunRequest,
    fileName: z.string().nullable(),
    /** SHA-256 of the program, hex; the program itself lives beside the log and can be deleted. */
    programHash: z.string().length(64),
    programBytes: z.int().min(1),
    timeoutSeconds: z.int().positive(),
    submittedBy: z.string(),
    at: Instant,
  }),
  /** Told once it has waited for a moment, and again when the reason is another. */
  RunKeptWaiting: z.strictObject({ runId: RunId, reason: WaitingReason, message: z.string(), at: Instant }),
  RunPlaced: AttemptRef.extend({
    workerId: WorkerId,
    gpuIndexes: z.array(z.int().min(0)),
    /** Null: whole GPUs, a share of one, or none. */
    mig: MigSlice.nullable(),
    /** Which of its choices was taken; later facts are billed by it. */
    choice: z.int().min(0),
    machineType: MachineTypeName,
    resources: Resources,
    price: PinnedPrice,
    /** More than its organization is guaranteed: others may reclaim it. */
    isBorrowed: z.boolean(),
    leaseExpiresAt: Instant,
    /** Why here: policy (or `reserved`: kept for it; `backfilled`: left over by whom it is kept for), candidates, score. */
    reasons: z.strictObject({ policy: z.string(), candidates: z.int().min(0), score: z.number() }),
    at: Instant,
  }),
  RunStarted: AttemptRef.extend({
    workerId: WorkerId,
    machineType: MachineTypeName,
    price: PinnedPrice,
    timeoutSeconds: z.int().positive(),
    startedAt: Instant,
  }),
  /** It gives its place back: its machine ends it within its grace, and it waits again. */
  RunPreempted: AttemptRef.extend({
    workerId: WorkerId,
    /** The run that it makes room for, where it is one. */
    by: RunId.nullable(),
    reason: PreemptionReason,
    message: z.string(),
    at: Instant,
  }),
  /** Machines are kept for a run that waits: of a gang, told of its rank 0. */
  ReservationMade: z.strictObject({
    runId: RunId,
    startsAt: Instant,
    choice: z.int().min(0),
    seats: z.array(z.strictObject({ workerId: WorkerId, gpuIndexes: z.array(z.int().min(0)), mig: MigSlice.nullable() })).min(1),
    reason: z.enum(['head-of-queue', 'preemption']),
    message: z.string(),
    at: Instant,
  }),
  RunEndRequested: z.strictObject({
    runId: RunId,
    mode: EndMode,
    by: z.string(),
    reason: EndReason,
    /** Where its reason alone says too little: of a gang, which member ended, and how. */
    message: z.string().nullable(),
    at: Instant,
  }),
  /** An attempt is gone and confirmed so (lease expired, machine lost, refused start): a new one may follow. */
  RunAttemptLost: AttemptRef.extend({ workerId: WorkerId, reason: EndReason, message: z.string().nullable(), at: Instant }),
  RunCompleted: RunEnd,
  RunFailed: RunEnd,
  RunSystemFailed: RunEnd,
  RunCancelled: RunEnd,
  RunAborted: RunEnd,
});

export const runEndTypes = ['RunCompleted', 'RunFailed', 'RunSystemFailed', 'RunCancelled', 'RunAborted'] as const;
