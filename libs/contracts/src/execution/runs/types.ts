import { z } from 'zod';
import { PinnedPrice } from '../../catalog/prices/types.ts';
import { MachineTypeName } from '../../catalog/types.ts';
import { Instant, OrgId } from '../../values.ts';
import { WorkerId } from '../workers/types.ts';
import { RunId } from './ids.ts';
import { RunRequest } from './request.ts';

export const RunStatus = z
  .enum(['pending', 'starting', 'running', 'completed', 'failed', 'system_failure', 'cancelled', 'aborted'])
  .meta({ id: 'RunStatus' });
export type RunStatus = z.infer<typeof RunStatus>;

export const terminalStatuses: readonly RunStatus[] = ['completed', 'failed', 'system_failure', 'cancelled', 'aborted'];

/** How a run is asked to end: `stop` gives the program time (SIGTERM) and counts as completed, `cancel` likewise as cancelled, `abort` kills. */
export const EndMode = z.enum(['stop', 'cancel', 'abort']).meta({ id: 'EndMode' });
export type EndMode = z.infer<typeof EndMode>;

/** Why a program ended as it did, as far as the machine can tell. */
export const EndReason = z
  .enum([
    'exited',
    'signalled',
    'time-limit',
    'memory-limit',
    'output-limit',
    'stopped',
    'aborted',
    'credit-exhausted',
    'org-closed',
    'start-failed',
    'lease-lost',
    'worker-lost',
    'no-fitting-worker',
    /** Its place went to another run, or its machine is drained: it waits again. */
    'preempted',
    /** A GPU that it held broke. */
    'gpu-fault',
    /** Another member of its gang ended it: they share one fate. */
    'gang-ended',
    /** It could not end by its deadline any more. */
    'deadline',
  ])
  .meta({ id: 'EndReason' });
export type EndReason = z.infer<typeof EndReason>;

/** Why the platform itself ends a run that nobody asked it to end. */
export const RevocationReason = EndReason.extract(['credit-exhausted']);

/** Why a run that waits has no machine yet. */
export const WaitingReason = z
  .enum([
    /** No connected machine could take it, even with nothing else on it. */
    'no-machine',
    /** Machines that could take it are connected or were, and nothing is placed on them: cordoned, offline, or GPUs of theirs broken. */
    'closed',
    /** It is to be near runs of a group, or apart from them, and no machine that could take it is. */
    'group',
    'all-busy',
    /** There is room, but it is kept for work that has waited longer. */
    'held-for-earlier',
    /** Its last attempt could not be started; the next one comes after a pause. */
    'retry-later',
    /** The machine that it is pinned to is not there, or closed. */
    'machine-away',
    /** A limit of its project, of its organization, or of something above it, is reached. */
    'quota',
    /** It gave its place back as often as may be asked of it, and waits for room that nobody can reclaim. */
    'solid-ground',
    /** There is room, kept whole for those who were promised it. */
    'promised',
    /** Others have been told to make room for it. */
    'preempting',
    /** It gave its place back a moment ago. */
    'preempted',
  ])
  .meta({ id: 'WaitingReason' });
export type WaitingReason = z.infer<typeof WaitingReason>;

export const Waiting = z.strictObject({ reason: WaitingReason, message: z.string(), since: Instant }).meta({ id: 'Waiting' });
export type Waiting = z.infer<typeof Waiting>;

/** Why a run that has a machine gives it back and waits again. */
export const PreemptionReason = z
  .enum([
    /** It had more than its organization is guaranteed, and somebody claims what is theirs. */
    'reclaim',
    'higher-level',
    /** Work of its own organization that must not be moved. */
    'own-org',
    /** The operator takes the machine away. */
    'drain',
    /** Another member of its gang lost its machine. */
    'gang',
  ])
  .meta({ id: 'PreemptionReason' });
export type PreemptionReason = z.infer<typeof PreemptionReason>;

export const Preemption = z.strictObject({ reason: PreemptionReason, message: z.string(), at: Instant }).meta({ id: 'Preemption' });
export type Preemption = z.infer<typeof Preemption>;

/** When it starts at the latest, if nothing breaks and nothing ends before its time. */
export const Reservation = z.strictObject({ startsAt: Instant, message: z.string(), since: Instant }).meta({ id: 'Reservation' });
export type Reservation = z.infer<typeof Reservation>;

/** A place in the output of a run: `<attempt>.<seq>`. */
export const OutputPlace = z.string().regex(/^\d{1,9}\.\d{1,15}$/, 'a place in the output, <attempt>.<seq>');

export const RunView = z
  .strictObject({
    id: RunId,
    orgId: OrgId,
    status: RunStatus,
    machineType: MachineTypeName,
    fileName: z.string().nullable(),
    price: PinnedPrice,
    /** What it asks for. `machineType` and `price` are of the choice that was taken last, the first one before. */
    request: RunRequest,
    timeoutSeconds: z.int().positive(),
    attempt: z.int().min(0),
    workerId: WorkerId.nullable(),
    workerName: z.string().nullable(),
    submittedBy: z.string(),
    submittedAt: Instant,
    placedAt: Instant.nullable(),
    startedAt: Instant.nullable(),
    endedAt: Instant.nullable(),
    /** Milliseconds the program ran, by the machine's monotonic clock; null until it ended. */
    ranMs: z.int().min(0).nullable(),
    exitCode: z.int().nullable(),
    reason: EndReason.nullable(),
    message: z.string().nullable(),
    /** Why it waits, once it has waited for a moment; null where it does not wait. */
    waiting: Waiting.nullable(),
    reservation: Reservation.nullable(),
    /** It has more than its organization is guaranteed: others may reclaim it. Null where it has no machine. */
    isBorrowed: z.boolean().nullable(),
    /** How often it gave its place back, and why the last time. */
    preemptions: z.int().min(0),
    preempted: Preemption.nullable(),
    /** Where its output ends; null until it has ended, and where there is none. */
    outputEnd: OutputPlace.nullable(),
    /** Trace of the request that submitted the run. */
    traceId: z.string().nullable(),
  })
  .meta({ id: 'Run' });
export type RunView = z.infer<typeof RunView>;

export const RunOutputItem = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('output'),
    attempt: z.int().positive(),
    seq: z.int().positive(),
    stream: z.enum(['stdout', 'stderr', 'system']),
    at: Instant,
    text: z.string(),
  }),
  z.strictObject({
    kind: z.literal('status'),
    status: RunStatus,
    waiting: Waiting.nullable(),
    preempted: Preemption.nullable(),
    at: Instant,
  }),
  z.strictObject({
    kind: z.literal('ended'),
    status: RunStatus,
    exitCode: z.int().nullable(),
    reason: EndReason.nullable(),
    message: z.string().nullable(),
    at: Instant,
  }),
]);
export type RunOutputItem = z.infer<typeof RunOutputItem>;
