import { z } from 'zod';
import { NanosText } from '../../money.ts';
import { Instant, NameText, OrgId, SchedulingName, Text } from '../../values.ts';

/** A node of the quota tree: a cohort by a name, an organization by its id, a project as `<organization>/<project>`. */
export const QuotaPath = Text.max(101)
  .regex(
    /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\/[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?|[A-Za-z][A-Za-z0-9._-]{0,63})$/,
    'the name of a cohort, the id of an organization, or <organization>/<project>',
  )
  .meta({ id: 'QuotaPath' });

const mostResources = 64;

/** Thousandths by what they are of: a GPU model in lower case, or `cpu`. */
export const Amounts = z
  .record(
    Text.min(1)
      .max(64)
      .regex(/^[^A-Z]+$/, 'a GPU model in lower case, or cpu'),
    z.int().min(0).max(1_000_000_000),
  )
  .refine((amounts) => Object.keys(amounts).length <= mostResources, { error: `more than ${mostResources} resources` });
export type Amounts = z.infer<typeof Amounts>;

/** The class of rank 0, of whatever names none. It is always there. */
export const normalClass = 'normal';
const ClassName = Text.max(63).regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and - between them');

export const mostQuotas = 5_000;
export const deepestQuota = 8;

/** What can be meant so, and is mostly not: what today's machines and organizations cannot meet. */
export const Warnings = z.array(z.string());

/** What is set of a node; whoever has none has no guarantee, no limit and weight 1. */
export const Quota = z.strictObject({
  node: QuotaPath,
  /** Null: the root, which is everything. */
  parent: QuotaPath.nullable(),
  /** Its part of what is borrowed, beside its siblings. */
  weight: z.number().positive().max(1_000_000),
  /** What it can always have, in thousandths. */
  guaranteedMilli: Amounts,
  /** What it can never pass, in thousandths. */
  limitMilli: Amounts,
  /** The highest priority class that work below it may ask for; null: as its parent says, and at the root no higher than rank 0. */
  highestClass: ClassName.nullable(),
});
export type Quota = z.infer<typeof Quota>;

export const QuotaView = Quota.extend({ setAt: Instant }).meta({ id: 'Quota' });
export type QuotaView = z.infer<typeof QuotaView>;

export const PriorityClass = z.strictObject({
  name: ClassName.refine((name) => name !== normalClass, {
    error: 'is always there, with rank 0',
    params: { mend: 'choose another name' },
  }),
  /** Higher goes first; 0 is normal. */
  rank: z.int().min(-100).max(100),
  description: Text.max(500),
});
export type PriorityClass = z.infer<typeof PriorityClass>;
export const mostPriorityClasses = 50;
export const PriorityClassView = PriorityClass.extend({ setAt: Instant }).meta({ id: 'PriorityClass' });

export const PlacementPolicy = z.enum(['fgd', 'best-fit', 'pack', 'spread', 'random']).meta({ id: 'PlacementPolicy' });
export type PlacementPolicy = z.infer<typeof PlacementPolicy>;

export const Pool = z.strictObject({ name: SchedulingName, policy: PlacementPolicy });
export type Pool = z.infer<typeof Pool>;
export const mostPools = 200;
export const PoolView = Pool.extend({ setAt: Instant }).meta({ id: 'Pool' });

/** Whole NVLink islands, or machines, of `size` GPUs that an organization can always have. */
export const IslandPromise = z.strictObject({
  orgId: OrgId,
  model: Text.min(1)
    .max(64)
    .regex(/^[^A-Z]+$/, 'a GPU model in lower case'),
  size: z.int().min(1).max(64),
  /** 0: nothing is promised any more. */
  count: z.int().min(0).max(100_000),
});
export type IslandPromise = z.infer<typeof IslandPromise>;
export const mostPromises = 2_000;
export const IslandPromiseView = IslandPromise.extend({ setAt: Instant }).meta({ id: 'IslandPromise' });

const shortMs = z.int().min(0).max(86_400_000);
const longMs = z
  .int()
  .min(1_000)
  .max(90 * 86_400_000);

/** What holds for the whole scheduler. */
export const SchedulerRules = z
  .strictObject({
    /** Of work that names no pool, or one without a policy of its own. */
    policy: PlacementPolicy,
    /** So much longer a request of rank 0 has waited than one of rank 1, when both are equal. */
    ageingMs: longMs,
    /** After so much waiting a request goes before all that wait for less. */
    overdueMs: longMs,
    /** Work with a deadline goes first when its latest start is so near. */
    urgentMs: shortMs,
    /** After so much time use counts half in the fair share. */
    halfLifeMs: longMs,
    /** From SIGTERM to SIGKILL for whoever is preempted. */
    graceMs: shortMs,
    /** Nobody is preempted before having run for so long. */
    minRunMs: shortMs,
    /** How often one piece of work may be preempted. */
    maxPreemptions: z.int().min(0).max(100),
    /** How many requests may have machines kept for them at the same time. */
    reservations: z.int().min(0).max(1_000),
  })
  .meta({ id: 'SchedulerRules' });
export type SchedulerRules = z.infer<typeof SchedulerRules>;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Until an operator says otherwise. */
export const schedulerDefaults: SchedulerRules = {
  policy: 'fgd',
  ageingMs: 4 * hourMs,
  overdueMs: 72 * hourMs,
  urgentMs: 15 * minuteMs,
  halfLifeMs: 7 * 24 * hourMs,
  graceMs: 30_000,
  minRunMs: 5 * minuteMs,
  maxPreemptions: 3,
  reservations: 64,
};

const mostLabels = 50;

/** What a machine is said to be: name and value. */
export const WorkerLabels = z
  .record(Text.max(63).regex(/^[A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?$/, 'letters, digits and -_./ between them'), NameText.max(63))
  .refine((labels) => Object.keys(labels).length <= mostLabels, { error: `more than ${mostLabels} labels` });

/** What an operator says of a machine that it cannot know itself. */
export const WorkerTraits = z.strictObject({
  /** A run can ask for machines that carry some. */
  labels: WorkerLabels,
  pool: SchedulingName.nullable(),
  rack: SchedulingName.nullable(),
  /** What an hour of the machine costs its operator, in nano-units: where two would do as well, the cheaper is taken. */
  nanosPerHour: NanosText.refine((nanos) => !nanos.startsWith('-'), {
    error: 'is negative',
    params: { mend: 'send 0 or more' },
  }).nullable(),
});
export type WorkerTraits = z.infer<typeof WorkerTraits>;
