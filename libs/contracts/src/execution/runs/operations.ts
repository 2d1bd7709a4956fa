import { z } from 'zod';
import { MachineTypeName } from '../../catalog/types.ts';
import { command, query, stream } from '../../define.ts';
import { Instant, Moment, OffsetRequest, PageRequest, pageOf, SchedulingName, Text } from '../../values.ts';
import { WeightsName, WorkerId } from '../workers/types.ts';
import { RunId } from './ids.ts';
import { GroupName, GroupWish, Labels, PriorityClassName, ProjectName } from './request.ts';
import { EndMode, OutputPlace, RevocationReason, RunOutputItem, RunStatus, RunView } from './types.ts';

const mostFiles = 1_000;

const filePath = Text.min(1)
  .max(255)
  .regex(/^(?!.*(^|\/)\.{0,2}(\/|$)).+$/s, 'a relative path without empty parts, . or ..');

/** No path lies below another: nothing is both a file and a directory. */
const canLieSideBySide = (files: Readonly<Record<string, string>>): boolean =>
  Object.keys(files).every((path) => {
    const parts = path.split('/');
    return parts.every((_, end) => end === 0 || !Object.hasOwn(files, parts.slice(0, end).join('/')));
  });

/** Nobody can be near to and apart from the same runs in one scope. */
const contradicts = ({ near, apart }: { readonly near?: GroupWish | undefined; readonly apart?: GroupWish | undefined }): boolean =>
  near !== undefined && apart !== undefined && near.group === apart.group && (near.scope === apart.scope || near.scope === 'machine');

/** What of a submission the scheduler looks at. */
export const askFields = {
  machineType: MachineTypeName.default('cpu'),
  timeoutSeconds: z.int().min(1).max(86_400).default(60),
  /** Machine types that would do as well. The price is that of the one it gets. */
  alternatives: z.array(MachineTypeName).max(7).default([]),
  /** Which of them is tried first: as they stand here, `machineType` at their head, or the cheapest. */
  order: z.enum(['preference', 'price']).default('preference'),
  /**
   * So many runs of this program, each on a machine of its own, that start together or not at all and share one fate: each finds
   * ORRERY_GANG_RANK. On one machine only where they are `near` their own group at scope `machine`.
   */
  nodes: z.int().min(1).max(1_024).default(1),
  labels: Labels.optional(),
  group: GroupName.optional(),
  near: GroupWish.optional(),
  apart: GroupWish.optional(),
  /** Only on machines of this pool, chosen by its policy. */
  pool: SchedulingName.optional(),
  /** This machine and no other. */
  workerId: WorkerId.optional(),
  priorityClass: PriorityClassName.default('normal'),
  /** It may be ended and started again for others; it starts sooner, and on what others leave unused. */
  preemptible: z.boolean().default(false),
  /** When it has to have ended: it is cancelled when it waits and cannot end by then any more. */
  deadlineAt: Moment.optional(),
  project: ProjectName.optional(),
  /** It starts where they lie, if it can; there it finds them below /weights, by their names. Elsewhere they are missing. */
  weights: z.array(WeightsName).max(8).default([]),
};

/** Why it can be refused. */
export const askRefusals = {
  MachineTypeNotOffered: 400,
  NoPrice: 409,
  InsufficientCredits: 402,
  OrgSuspended: 403,
  WorkerNotFound: 404,
  GangTooLarge: 400,
  MachineTypeNotInPool: 400,
  DeadlineTooEarly: 400,
  PriorityClassNotFound: 400,
  PriorityClassNotAllowed: 403,
} as const;

type Asked = z.infer<z.ZodObject<typeof askFields>>;

/** Each member of a gang has a machine of its own, unless all of them want to be on one. */
const areTooManyForOne = ({ nodes, workerId, group, near }: Asked): boolean =>
  nodes > 1 && workerId !== undefined && !(near?.scope === 'machine' && near.group === group);

export const refuseContradiction = (input: Asked, context: z.RefinementCtx): void => {
  const refuse = (path: string, message: string, mend: string): void =>
    context.addIssue({ code: 'custom', path: [path], message, params: { mend } });
  if (contradicts(input)) refuse('apart', 'contradicts near', 'name another group or another scope');
  if (!areTooManyForOne(input)) return;
  refuse('nodes', 'each has a machine of its own, and workerId names one', 'leave workerId out, or be near your own group on one machine');
};

export const SubmitRun = command({
  subject: 'execution.submit-run',
  summary: 'Run a Python program once on a machine of the given type',
  http: 'POST /runs',
  created: true,
  access: 'runs:create',
  input: z
    .strictObject({
      code: z.string().min(1).max(786_432),
      fileName: Text.min(1)
        .max(255)
        .regex(/^[^/]+$/, 'a file name without a path')
        .optional(),
      /** Files beside the program: relative path → text. */
      files: z
        .record(filePath, z.string())
        .refine((files) => Object.keys(files).length <= mostFiles, { error: `more than ${mostFiles} files`, abort: true })
        .refine(canLieSideBySide, 'a path lies below another, which is a file')
        .default({}),
      ...askFields,
    })
    .superRefine(refuseContradiction),
  output: RunView,
  refusals: { ...askRefusals, ProgramTooLarge: 413 },
  deadlineMs: 10_000,
});

export const GetRun = query({
  subject: 'execution.get-run',
  summary: 'One run as it is, or as it was at a moment',
  http: 'GET /runs/{runId}',
  access: 'runs:read',
  input: z.strictObject({ runId: RunId, at: Instant.optional() }),
  output: RunView,
  refusals: { RunNotFound: 404 },
});

export const ListRuns = query({
  subject: 'execution.list-runs',
  summary: 'The runs of the organization, newest first',
  http: 'GET /runs',
  access: 'runs:read',
  input: PageRequest.extend({
    status: RunStatus.optional(),
    /** The members of this gang. */
    gang: RunId.optional(),
  }),
  output: pageOf(RunView),
  refusals: {},
});

export const EndRun = command({
  subject: 'execution.end-run',
  summary: 'Stop (SIGTERM, then completed), cancel (SIGTERM, then cancelled) or abort (SIGKILL) a run',
  http: 'POST /runs/{runId}/end',
  access: 'runs:control',
  input: z.strictObject({ runId: RunId, mode: EndMode.default('stop') }),
  output: RunView,
  refusals: { RunNotFound: 404 },
});

/** The platform takes a run from its owner, who gets what it did until then. */
export const RevokeRun = command({
  subject: 'execution.revoke-run',
  summary: 'Cancel a run for a reason that is not a wish of its owner',
  access: 'service',
  input: z.strictObject({ runId: RunId, reason: RevocationReason }),
  output: RunView,
  refusals: { RunNotFound: 404 },
});

export const GetRunHistory = query({
  subject: 'execution.get-run-history',
  summary: 'The domain events of a run, oldest first',
  http: 'GET /runs/{runId}/history',
  access: 'runs:read',
  input: z.strictObject({ runId: RunId }),
  output: z.strictObject({
    items: z.array(
      z.strictObject({
        id: z.uuid(),
        type: z.string(),
        version: z.int().positive(),
        at: Instant,
        actor: z.string(),
        traceId: z.string().nullable(),
        data: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
  refusals: { RunNotFound: 404 },
});

export const FollowRun = stream({
  subject: 'execution.follow-run',
  summary: 'Output of a run from its start, then live, until it ended',
  http: 'GET /runs/{runId}/output',
  access: 'runs:read',
  input: z.strictObject({
    runId: RunId,
    /** Resume after this chunk. */
    after: OutputPlace.optional(),
  }),
  output: RunOutputItem,
  resume: { input: 'after', placeOf: (item) => (item.kind === 'output' ? `${item.attempt}.${item.seq}` : undefined) },
  refusals: { RunNotFound: 404 },
});

/** For published APIs that count pages. */
export const CountRuns = query({
  subject: 'execution.count-runs',
  summary: 'Runs of the organization by offset, with the number in each status',
  access: 'runs:read',
  input: OffsetRequest,
  output: z.strictObject({ items: z.array(RunView), total: z.int().min(0), countsByStatus: z.partialRecord(RunStatus, z.int().min(0)) }),
  refusals: {},
});

/** For whoever is about to close an organization: asked about the one that the request names. */
export const CountOpenRuns = query({
  subject: 'execution.count-open-runs',
  summary: 'How many runs of the organization have not ended',
  access: 'service',
  input: z.strictObject({}),
  output: z.strictObject({ openRuns: z.int().min(0) }),
  refusals: {},
});
