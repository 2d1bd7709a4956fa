import { z } from 'zod';
import { Instant } from '../../values.ts';
import { PreemptionReason } from '../runs/types.ts';
import { WorkerId } from '../workers/types.ts';
import { Amounts } from './types.ts';

/** How a time was found that nobody can know. */
export const StartEstimate = z
  .strictObject({
    earliest: Instant,
    /** Null: nothing bounds it. */
    latest: Instant.nullable(),
    /** `played-forward`: the scheduler itself, run on with what is known now. `reservation`: the moment from which machines are kept for it. */
    method: z.enum(['now', 'played-forward', 'reservation']),
    message: z.string(),
  })
  .meta({ id: 'StartEstimate' });
export type StartEstimate = z.infer<typeof StartEstimate>;

/** What keeps a machine from taking a request; the first that is true is told. */
export const MachineCause = z
  .enum([
    'pinned-elsewhere',
    'lost',
    'cordoned',
    'unfit',
    'pool',
    'labels',
    'gpu-model',
    'gpu-memory',
    /** Its GPUs are not in MIG mode, have no such profile, or its agent makes no slices. */
    'no-slices',
    'too-small',
    'group',
    'gpus-faulty',
    'gpus-taken',
    'cpu-taken',
    'memory-taken',
    /** There is room, for a reservation, a promise or a quota to keep. */
    'has-room',
  ])
  .meta({ id: 'MachineCause' });
export type MachineCause = z.infer<typeof MachineCause>;

export const MissingForChoice = z
  .strictObject({
    /** Which of the machine types that would do, in the order of the submission. */
    choice: z.int().min(0),
    message: z.string(),
    /** The most free GPUs that would do in one machine, and how many are asked for there. */
    freeGpus: z.int().min(0),
    neededGpus: z.int().min(0),
    causes: z.array(z.strictObject({ cause: MachineCause, machines: z.int().positive(), message: z.string() })),
  })
  .meta({ id: 'MissingForChoice' });
export type MissingForChoice = z.infer<typeof MissingForChoice>;

export const QuotaState = z
  .strictObject({
    /** `above`: a group of organizations that this one is in. What others use there is not told. */
    scope: z.enum(['project', 'organization', 'above']),
    resource: z.string(),
    usedMilli: z.int().min(0).nullable(),
    askedMilli: z.int().min(0),
    guaranteedMilli: z.int().min(0).nullable(),
    limitMilli: z.int().min(0).nullable(),
    /** It would pass this limit. */
    isReached: z.boolean(),
    message: z.string(),
  })
  .meta({ id: 'QuotaState' });
export type QuotaState = z.infer<typeof QuotaState>;

export const QueuePlace = z
  .strictObject({
    scope: z.enum(['project', 'organization', 'cluster']),
    /** 1 is next. */
    position: z.int().positive(),
    waiting: z.int().positive(),
    message: z.string(),
  })
  .meta({ id: 'QueuePlace' });
export type QueuePlace = z.infer<typeof QueuePlace>;

/** What could be asked for instead, and would start now. */
export const Alternative = z
  .strictObject({
    change: z.enum(['machine-type', 'nodes', 'time-limit', 'wishes', 'preemptible']),
    /** Fields of a submission that would be otherwise; null: left out. */
    input: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    message: z.string(),
  })
  .meta({ id: 'Alternative' });
export type Alternative = z.infer<typeof Alternative>;

export const ReservationState = z
  .strictObject({ startsAt: Instant, machines: z.int().positive(), message: z.string() })
  .meta({ id: 'ReservationState' });

/** How a run gave its place back, and how often it may have to. */
export const PreemptionTold = z
  .strictObject({
    at: Instant,
    /** Whose claim it was: of whose run it was, nothing is said. */
    reason: PreemptionReason,
    /** Those for a drain and for a member of its own gang are not counted. */
    times: z.int().min(0),
    most: z.int().min(0),
    /** It waits again since; null: it is still giving its place back. */
    since: Instant.nullable(),
    message: z.string(),
  })
  .meta({ id: 'PreemptionTold' });
export type PreemptionTold = z.infer<typeof PreemptionTold>;

/** Everything that can be said of a request that waits. */
export const WaitExplained = z
  .strictObject({
    summary: z.string(),
    reason: z.string(),
    queues: z.array(QueuePlace),
    order: z.strictObject({ group: z.enum(['overdue', 'guaranteed', 'borrowing']), rank: z.int(), message: z.string() }),
    missing: z.array(MissingForChoice),
    quotas: z.array(QuotaState),
    reservation: ReservationState.nullable(),
    start: StartEstimate.nullable(),
    /** Why there is no estimate, where there is none. */
    startUnknown: z.string().nullable(),
    instead: z.array(Alternative),
  })
  .meta({ id: 'WaitExplained' });
export type WaitExplained = z.infer<typeof WaitExplained>;

/** `acme/vision`: the slug of an organization and its project, as people know them; null: nothing is known of its id. */
const QueueName = z.string().nullable();

/** A request in the queue, as an operator sees it. */
export const QueueItem = z
  .strictObject({
    /** A run, or the first of a gang. */
    id: z.string(),
    queue: z.string(),
    queueName: QueueName,
    position: z.int().positive(),
    reason: z.string(),
    message: z.string(),
    rank: z.int(),
    isPreemptible: z.boolean(),
    nodes: z.int().positive(),
    /** What one member asks for, of each choice. */
    asks: z.array(z.string()),
    timeLimitSeconds: z.int().min(0),
    submittedAt: Instant,
    deadlineAt: Instant.nullable(),
    reservedAt: Instant.nullable(),
  })
  .meta({ id: 'QueueItem' });
export type QueueItem = z.infer<typeof QueueItem>;

export const QueueSummary = z
  .strictObject({
    asOf: Instant,
    waiting: z.int().min(0),
    running: z.int().min(0),
    borrowed: z.int().min(0),
    reservations: z.int().min(0),
    machines: z.int().min(0),
    openMachines: z.int().min(0),
    /** Of GPUs, in thousandths. */
    capacityMilli: Amounts,
    usedMilli: Amounts,
  })
  .meta({ id: 'QueueSummary' });
export type QueueSummary = z.infer<typeof QueueSummary>;

const Seats = z.array(z.strictObject({ workerId: WorkerId, workerName: z.string().nullable(), gpuIndexes: z.array(z.int().min(0)) }));

/** Preemptible work that could start again elsewhere, so that one that waits has room. Nobody does it unless somebody wants it. */
export const ProposedMoves = z
  .strictObject({
    /** What would start. */
    admits: z.string(),
    queue: z.string(),
    queueName: QueueName,
    message: z.string(),
    moves: z.array(z.strictObject({ id: z.string(), queue: z.string(), queueName: QueueName, from: Seats, to: Seats })),
  })
  .meta({ id: 'ProposedMoves' });
export type ProposedMoves = z.infer<typeof ProposedMoves>;

export const PlacedItem = z
  .strictObject({
    id: z.string(),
    queue: z.string(),
    queueName: QueueName,
    rank: z.int(),
    isPreemptible: z.boolean(),
    isBorrowed: z.boolean(),
    placedAt: Instant,
    /** At the latest. */
    endsAt: Instant.nullable(),
    seats: Seats,
  })
  .meta({ id: 'PlacedItem' });
export type PlacedItem = z.infer<typeof PlacedItem>;

export const QuotaUse = z
  .strictObject({
    node: z.string(),
    nodeName: QueueName,
    parent: z.string().nullable(),
    weight: z.number(),
    usedMilli: Amounts,
    guaranteedMilli: Amounts,
    limitMilli: Amounts,
    /** Its dominant share of the cluster for its weight, with what it used before, decayed: who has the least is next to borrow. */
    share: z.number().min(0),
    waiting: z.int().min(0),
  })
  .meta({ id: 'QuotaUse' });
export type QuotaUse = z.infer<typeof QuotaUse>;
