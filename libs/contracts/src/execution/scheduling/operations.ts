import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf } from '../../values.ts';
import { WorkerId, WorkerView } from '../workers/types.ts';
import {
  IslandPromise,
  IslandPromiseView,
  Pool,
  PoolView,
  PriorityClass,
  PriorityClassView,
  Quota,
  QuotaView,
  SchedulerRules,
  Warnings,
  WorkerTraits,
} from './types.ts';

export const SetQuota = command({
  subject: 'execution.set-quota',
  summary: 'Set what a cohort, an organization or a project is guaranteed and limited to; what it had before is replaced',
  http: 'PUT /quotas',
  access: 'operator',
  input: z.strictObject({
    node: Quota.shape.node,
    /** Left out: of a project its organization, of anything else the root. */
    parent: Quota.shape.parent.optional(),
    weight: Quota.shape.weight.default(1),
    guaranteedMilli: Quota.shape.guaranteedMilli.default({}),
    limitMilli: Quota.shape.limitMilli.default({}),
    highestClass: Quota.shape.highestClass.default(null),
  }),
  output: z.strictObject({
    quota: QuotaView,
    warnings: Warnings,
  }),
  refusals: {
    QuotaParentNotFound: 409,
    QuotaParentWrong: 409,
    QuotaCycle: 409,
    QuotaTooDeep: 409,
    GuaranteeAboveLimit: 409,
    TooManyQuotas: 409,
    PriorityClassNotFound: 404,
  },
});

export const RemoveQuota = command({
  subject: 'execution.remove-quota',
  summary: 'Take a node out of the quota tree: from then on it has no guarantee and no limit of its own',
  http: 'DELETE /quotas',
  access: 'operator',
  input: Quota.pick({ node: true }),
  output: z.strictObject({}),
  refusals: { QuotaNotFound: 404, QuotaHasChildren: 409 },
});

export const ListQuotas = query({
  subject: 'execution.list-quotas',
  summary: 'The quota tree by path, as it is set',
  http: 'GET /quotas',
  access: 'operator',
  input: PageRequest,
  output: pageOf(QuotaView).extend({ warnings: Warnings }),
  refusals: {},
});

export const SetPriorityClass = command({
  subject: 'execution.set-priority-class',
  summary: 'Name a priority and give it a rank; work that waits keeps the rank that it was submitted with',
  http: 'PUT /priority-classes/{name}',
  access: 'operator',
  input: z.strictObject({
    name: PriorityClass.shape.name,
    rank: PriorityClass.shape.rank,
    description: PriorityClass.shape.description.default(''),
  }),
  output: PriorityClassView,
  refusals: { TooManyPriorityClasses: 409 },
});

export const RemovePriorityClass = command({
  subject: 'execution.remove-priority-class',
  summary: 'Take a priority class out of use; work that has it keeps its rank',
  http: 'DELETE /priority-classes/{name}',
  access: 'operator',
  input: PriorityClass.pick({ name: true }),
  output: z.strictObject({}),
  refusals: { PriorityClassNotFound: 404, PriorityClassInUse: 409 },
});

export const ListPriorityClasses = query({
  subject: 'execution.list-priority-classes',
  summary: 'The priority classes by name, with their ranks',
  http: 'GET /priority-classes',
  access: 'runs:read',
  input: PageRequest,
  output: pageOf(PriorityClassView),
  refusals: {},
});

export const SetPool = command({
  subject: 'execution.set-pool',
  summary: 'Say by which policy work that names a pool is placed on its machines',
  http: 'PUT /pools/{name}',
  access: 'operator',
  input: Pool,
  output: PoolView,
  refusals: { TooManyPools: 409 },
});

export const RemovePool = command({
  subject: 'execution.remove-pool',
  summary: 'Forget the policy of a pool: work that names it follows the usual one',
  http: 'DELETE /pools/{name}',
  access: 'operator',
  input: Pool.pick({ name: true }),
  output: z.strictObject({}),
  refusals: { PoolNotFound: 404 },
});

export const ListPools = query({
  subject: 'execution.list-pools',
  summary: 'The pools that have a policy of their own',
  http: 'GET /pools',
  access: 'operator',
  input: PageRequest,
  output: pageOf(PoolView),
  refusals: {},
});

export const PromiseIslands = command({
  subject: 'execution.promise-islands',
  summary: 'Promise an organization whole islands of GPUs, or with 0 withdraw the promise',
  http: 'PUT /promised-islands',
  access: 'operator',
  input: IslandPromise,
  output: z.strictObject({ promise: IslandPromiseView, warnings: Warnings }),
  refusals: { TooManyPromises: 409, GuaranteeAboveLimit: 409 },
});

export const ListPromisedIslands = query({
  subject: 'execution.list-promised-islands',
  summary: 'The islands that are promised, and to whom',
  http: 'GET /promised-islands',
  access: 'operator',
  input: PageRequest,
  output: pageOf(IslandPromiseView).extend({ warnings: Warnings }),
  refusals: {},
});

export const SetSchedulerRules = command({
  subject: 'execution.set-scheduler-rules',
  summary: 'Change what is named of the rules that hold for the whole scheduler',
  http: 'PATCH /scheduler-rules',
  access: 'operator',
  input: SchedulerRules.partial(),
  output: SchedulerRules.extend({ warnings: Warnings }),
  refusals: {},
});

export const GetSchedulerRules = query({
  subject: 'execution.get-scheduler-rules',
  summary: 'The rules that hold for the whole scheduler',
  http: 'GET /scheduler-rules',
  access: 'operator',
  input: z.strictObject({}),
  output: SchedulerRules.extend({ warnings: Warnings }),
  refusals: {},
});

export const LabelWorker = command({
  subject: 'execution.label-worker',
  summary: 'Say of a machine what it cannot know itself: labels, pool, rack and price; what was said before is replaced',
  http: 'PUT /workers/{workerId}/labels',
  access: 'operator',
  input: z.strictObject({
    workerId: WorkerId,
    labels: WorkerTraits.shape.labels.default({}),
    pool: WorkerTraits.shape.pool.default(null),
    rack: WorkerTraits.shape.rack.default(null),
    nanosPerHour: WorkerTraits.shape.nanosPerHour.default(null),
  }),
  output: WorkerView,
  refusals: { WorkerNotFound: 404 },
});
