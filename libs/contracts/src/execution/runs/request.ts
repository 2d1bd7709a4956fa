import { z } from 'zod';
import { PinnedPrice } from '../../catalog/prices/types.ts';
import { MachineTypeName, MigProfile, Resources } from '../../catalog/types.ts';
import { Instant, NameText, SchedulingName, Text } from '../../values.ts';
import { WeightsName, WorkerId } from '../workers/types.ts';
import { RunId } from './ids.ts';

const name = (most: number) =>
  Text.min(1)
    .max(most)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?$/, 'letters, digits and -_./ between them');

/** Part of an organization with quotas of its own. */
export const ProjectName = Text.min(1)
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and - between them')
  .meta({ id: 'ProjectName' });

export const PriorityClassName = Text.min(1)
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and - between them')
  .meta({ id: 'PriorityClassName' });

const mostLabels = 16;

/** What a machine says of itself, or must say: name and value. */
export const Labels = z
  .record(name(63), NameText.max(63))
  .refine((labels) => Object.keys(labels).length <= mostLabels, { error: `more than ${mostLabels} labels` })
  .meta({ id: 'Labels' });
export type Labels = z.infer<typeof Labels>;

/** Runs of an organization that name each other, to be near or apart. */
export const GroupName = name(63).meta({ id: 'GroupName' });
export const GroupWish = z.strictObject({ group: GroupName, scope: z.enum(['machine', 'rack']) }).meta({ id: 'GroupWish' });
export type GroupWish = z.infer<typeof GroupWish>;

/** Where a run may be: every wish holds, none is traded for an earlier start. */
export const PlaceWishes = z
  .strictObject({
    /** The machine carries all of them. */
    labels: Labels.nullable(),
    /** What other runs call it by. */
    group: GroupName.nullable(),
    near: GroupWish.nullable(),
    apart: GroupWish.nullable(),
    /** Machines of this pool alone, by its policy. */
    pool: SchedulingName.nullable(),
    /** This machine and no other. */
    workerId: WorkerId.nullable(),
  })
  .meta({ id: 'PlaceWishes' });
export type PlaceWishes = z.infer<typeof PlaceWishes>;

/** One machine type that will do, with its price at the submission. */
export const RunChoice = z
  .strictObject({ machineType: MachineTypeName, resources: Resources, price: PinnedPrice })
  .meta({ id: 'RunChoice' });
export type RunChoice = z.infer<typeof RunChoice>;

/** Runs of one submission that start together or not at all, and share one fate. */
export const Gang = z
  .strictObject({
    /** The run of rank 0. */
    id: RunId,
    size: z.int().min(2),
    rank: z.int().min(0),
  })
  .meta({ id: 'Gang' });
export type Gang = z.infer<typeof Gang>;

/** What a run asks of the scheduler. */
export const RunRequest = z
  .strictObject({
    /** Any will do; the first that has room is taken. */
    choices: z.array(RunChoice).min(1).max(8),
    gang: Gang.nullable(),
    wishes: PlaceWishes,
    /** As its rank was at the submission; 0 is normal. */
    priority: z.strictObject({ class: PriorityClassName, rank: z.int().min(-1_000).max(1_000) }),
    isPreemptible: z.boolean(),
    /** When it has to have ended. */
    deadlineAt: Instant.nullable(),
    project: ProjectName.nullable(),
    /** A machine that has them is preferred. Absent: none. */
    weights: z.array(WeightsName).min(1).max(8).optional(),
  })
  .meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof RunRequest>;

/** The slice of a GPU in MIG mode that an attempt has. */
export const MigSlice = z.strictObject({ profile: MigProfile, start: z.int().min(0).nullable() }).meta({ id: 'MigSlice' });
export type MigSlice = z.infer<typeof MigSlice>;
