import { z } from 'zod';
import { MachineTypeName } from '../catalog/types.ts';
import { command, query, stream } from '../define.ts';
import { Instant, OffsetRequest, PageRequest, pageOf } from '../values.ts';
import {
  AttemptRef,
  AttemptReport,
  AttemptSpec,
  EndMode,
  EndReason,
  RunId,
  RunStatus,
  RunView,
  WorkerFacts,
  WorkerId,
  WorkerView,
} from './types.ts';

const filePath = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?!.*(^|\/)\.{0,2}(\/|$))[^\0]+$/s, 'a relative path without empty parts, . or ..');

/** No path lies below another: nothing is both a file and a directory. */
const canLieSideBySide = (files: Readonly<Record<string, string>>): boolean =>
  Object.keys(files).every((path) => {
    const parts = path.split('/');
    return parts.every((_, end) => end === 0 || !Object.hasOwn(files, parts.slice(0, end).join('/')));
  });

export const SubmitRun = command({
  subject: 'execution.submit-run',
  summary: 'Run a Python program once on a machine of the given type',
  http: 'POST /runs',
  created: true,
  access: 'runs:create',
  input: z.strictObject({
    code: z.string().min(1).max(786_432),
    fileName: z
      .string()
      .min(1)
      .max(255)
      .regex(/^[^/\0]+$/, 'a file name without a path')
      .optional(),
    machineType: MachineTypeName.default('cpu'),
    timeoutSeconds: z.int().min(1).max(86_400).default(60),
    /** Files beside the program: relative path → text. */
    files: z.record(filePath, z.string()).refine(canLieSideBySide, 'a path lies below another, which is a file').default({}),
  }),
  output: RunView,
  refusals: { MachineTypeNotOffered: 400, NoPrice: 409, InsufficientCredits: 402, ProgramTooLarge: 413 },
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
  input: PageRequest.extend({ status: RunStatus.optional() }),
  output: pageOf(RunView),
  refusals: {},
});

export const EndRun = command({
  subject: 'execution.end-run',
  summary: 'Stop (SIGTERM, then completed), cancel (SIGTERM, then cancelled) or abort (SIGKILL) a run',
  http: 'POST /runs/{runId}/end',
  access: 'runs:control',
  input: z.strictObject({ runId: RunId, mode: EndMode.default('stop'), reason: EndReason.optional() }),
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

export const RunOutputItem = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('output'),
    attempt: z.int().positive(),
    seq: z.int().positive(),
    stream: z.enum(['stdout', 'stderr', 'system']),
    at: Instant,
    text: z.string(),
  }),
  z.strictObject({ kind: z.literal('status'), status: RunStatus, at: Instant }),
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

export const FollowRun = stream({
  subject: 'execution.follow-run',
  summary: 'Output of a run from its start, then live, until it ended',
  http: 'GET /runs/{runId}/output',
  access: 'runs:read',
  input: z.strictObject({
    runId: RunId,
    /** Resume after this chunk: `<attempt>.<seq>`. */
    after: z
      .string()
      .regex(/^\d{1,9}\.\d{1,15}$/)
      .optional(),
  }),
  output: RunOutputItem,
  resume: { input: 'after', placeOf: (item) => (item.kind === 'output' ? `${item.attempt}.${item.seq}` : undefined) },
  refusals: { RunNotFound: 404 },
});

export const CreateJoinToken = command({
  subject: 'execution.create-join-token',
  summary: 'A token with which one machine may join, once',
  http: 'POST /workers/join-tokens',
  created: true,
  access: 'operator',
  input: z.strictObject({ name: z.string().trim().min(1).max(100), ttlSeconds: z.int().min(60).max(604_800).default(3_600) }),
  output: z.strictObject({ tokenId: z.uuid(), token: z.string(), expiresAt: Instant }),
  refusals: {},
  secret: true,
});

export const JoinWorker = command({
  subject: 'execution.join-worker',
  summary: 'A machine joins with its token and gets its own credentials',
  http: 'POST /workers/join',
  created: true,
  access: 'public',
  input: z.strictObject({ token: z.string().max(200), facts: WorkerFacts }),
  output: z.strictObject({
    workerId: WorkerId,
    name: z.string(),
    /** NATS user credentials that open this worker's own subjects; null where the bus asks for none. */
    natsCreds: z.string().nullable(),
    natsUrl: z.string(),
  }),
  refusals: { BadJoinToken: 401 },
  secret: true,
});

export const ListWorkers = query({
  subject: 'execution.list-workers',
  summary: 'The machines and what runs on them',
  http: 'GET /workers',
  access: 'operator',
  input: PageRequest,
  output: pageOf(WorkerView),
  refusals: {},
});

export const CordonWorker = command({
  subject: 'execution.cordon-worker',
  summary: 'Place nothing new on a machine, or allow it again',
  http: 'POST /workers/{workerId}/cordon',
  access: 'operator',
  input: z.strictObject({ workerId: WorkerId, cordoned: z.boolean().default(true) }),
  output: WorkerView,
  refusals: { WorkerNotFound: 404 },
});

export const BeatWorker = command({
  subject: 'execution.beat-worker',
  summary: 'An agent says what lives on its machine, renews its leases, and hears what must die',
  access: 'agent',
  input: z.strictObject({
    facts: WorkerFacts.optional(),
    /** Every attempt the agent holds: accepted, running, or ended and not yet reported. */
    attempts: z.array(AttemptRef.extend({ phase: z.enum(['accepted', 'running', 'ended']) })).max(10_000),
  }),
  output: z.strictObject({
    /** Attempts whose lease is renewed, until when. */
    leaseExpiresAt: Instant,
    /** Attempts the platform does not know or has given away: kill, and forget once dead. */
    kill: z.array(AttemptRef),
    /** Attempts that must end, and how. */
    end: z.array(AttemptRef.extend({ mode: EndMode, reason: EndReason })),
  }),
  refusals: { WorkerNotFound: 404 },
});

export const ReportAttempt = command({
  subject: 'execution.report-attempt',
  summary: 'An agent reports a step of an attempt; answered once it is in the log',
  access: 'agent',
  input: z.strictObject({ report: AttemptReport }),
  output: z.strictObject({}),
  refusals: { StaleEpoch: 409, RunNotFound: 404 },
  deadlineMs: 10_000,
});

/** Served by an agent on `agent.<workerId>.start`: answered once the attempt is in its journal. */
export const StartAttempt = command({
  subject: 'agent.start',
  summary: 'Run this attempt',
  access: 'service',
  input: z.strictObject({ spec: AttemptSpec }),
  output: z.strictObject({ isNew: z.boolean() }),
  refusals: { StaleEpoch: 409, CannotRun: 409 },
  deadlineMs: 3_000,
});

/** Served by an agent on `agent.<workerId>.end`. */
export const EndAttempt = command({
  subject: 'agent.end',
  summary: 'End this attempt',
  access: 'service',
  input: AttemptRef.extend({ mode: EndMode, reason: EndReason }),
  output: z.strictObject({}),
  refusals: { AttemptUnknown: 404 },
  deadlineMs: 3_000,
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
