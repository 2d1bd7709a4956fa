import { z } from 'zod';
import { MachineTypeName, PinnedPrice, Resources } from '../catalog/types.ts';
import { id } from '../define.ts';
import { Instant, OrgId } from '../values.ts';

export const RunId = id('RunId');
export type RunId = z.infer<typeof RunId>;
export const WorkerId = id('WorkerId');
export type WorkerId = z.infer<typeof WorkerId>;

export const RunStatus = z
  .enum(['pending', 'starting', 'running', 'completed', 'failed', 'system_failure', 'cancelled', 'aborted'])
  .meta({ id: 'RunStatus' });
export type RunStatus = z.infer<typeof RunStatus>;

export const terminalStatuses: readonly RunStatus[] = ['completed', 'failed', 'system_failure', 'cancelled', 'aborted'];

/** How a run is asked to end: `stop` gives the program time (SIGTERM) and counts as completed, `cancel` likewise as cancelled, `abort` kills. */
export const EndMode = z.enum(['stop', 'cancel', 'abort']).meta({ id: 'EndMode' });
export type EndMode = z.infer<typeof EndMode>;

/** A place in a run's life that fences: a report that names an older epoch is refused. */
export const AttemptRef = z.strictObject({ runId: RunId, attempt: z.int().positive(), epoch: z.int().positive() });
export type AttemptRef = z.infer<typeof AttemptRef>;

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
    'start-failed',
    'lease-lost',
    'worker-lost',
    'no-fitting-worker',
  ])
  .meta({ id: 'EndReason' });
export type EndReason = z.infer<typeof EndReason>;

export const RunView = z
  .strictObject({
    id: RunId,
    orgId: OrgId,
    status: RunStatus,
    machineType: MachineTypeName,
    fileName: z.string().nullable(),
    price: PinnedPrice,
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
    /** Trace of the request that submitted the run. */
    traceId: z.string().nullable(),
  })
  .meta({ id: 'Run' });
export type RunView = z.infer<typeof RunView>;

/** What a machine has, as its agent found it. */
export const WorkerFacts = z
  .strictObject({
    hostname: z.string().min(1).max(253),
    agentVersion: z.string().max(60),
    os: z.string().max(200),
    cpuMilli: z.int().positive(),
    memoryMib: z.int().positive(),
    gpus: z
      .array(
        z.strictObject({
          index: z.int().min(0),
          uuid: z.string().max(100),
          model: z.string().min(1).max(64),
          memoryMib: z.int().positive(),
        }),
      )
      .max(64),
    runtimes: z.array(z.enum(['process', 'docker', 'kubernetes', 'vm'])).min(1),
    /** False only where an operator told the agent to run without a sandbox. */
    sandboxed: z.boolean(),
  })
  .meta({ id: 'WorkerFacts' });
export type WorkerFacts = z.infer<typeof WorkerFacts>;

export const WorkerStatus = z.enum(['online', 'offline', 'cordoned']).meta({ id: 'WorkerStatus' });

export const WorkerView = z
  .strictObject({
    id: WorkerId,
    name: z.string(),
    status: WorkerStatus,
    facts: WorkerFacts,
    joinedAt: Instant,
    lastSeenAt: Instant.nullable(),
    /** Runs placed here that have not ended. */
    runs: z.int().min(0),
    used: z.strictObject({ cpuMilli: z.int(), memoryMib: z.int(), gpus: z.int() }),
  })
  .meta({ id: 'Worker' });
export type WorkerView = z.infer<typeof WorkerView>;

/** One piece of a run's output, in the order the agent read it; `seq` counts from 1 within an attempt. */
export const OutputChunk = z.strictObject({
  runId: RunId,
  attempt: z.int().positive(),
  seq: z.int().positive(),
  stream: z.enum(['stdout', 'stderr', 'system']),
  at: Instant,
  text: z.string(),
});
export type OutputChunk = z.infer<typeof OutputChunk>;
/** Payload of the telemetry subject `tele.output.<workerId>.<runId>`. */
export const OutputBatch = z.strictObject({ orgId: OrgId, chunks: z.array(OutputChunk).min(1).max(1_000) });
export type OutputBatch = z.infer<typeof OutputBatch>;

export const MetricName = z.enum([
  'gpuUtilizationPercent',
  'gpuMemoryUtilizationPercent',
  'gpuTemperatureCelsius',
  'gpuPowerWatt',
  'gpuPowerLimitWatt',
  'gpuClockSmMhz',
  'gpuClockMemMhz',
  'gpuPcieThroughputRxBytesPerSec',
  'gpuPcieThroughputTxBytesPerSec',
  'systemRamTotalBytes',
  'systemRamUsedBytes',
  'systemCpuUsagePercent',
]);
export type MetricName = z.infer<typeof MetricName>;

/** Payload of the telemetry subject `tele.metrics.<workerId>`: samples of the machine, or of one run on it. */
export const MetricBatch = z.strictObject({
  workerId: WorkerId,
  hostname: z.string(),
  samples: z
    .array(
      z.strictObject({
        runId: RunId.optional(),
        orgId: OrgId.optional(),
        name: MetricName,
        gpu: z.int().min(0).optional(),
        at: Instant,
        value: z.number(),
      }),
    )
    .min(1)
    .max(5_000),
});
export type MetricBatch = z.infer<typeof MetricBatch>;

/** Everything an agent needs to run one attempt. */
export const AttemptSpec = AttemptRef.extend({
  orgId: OrgId,
  resources: Resources,
  /** Indexes of the GPUs this attempt holds on the machine. */
  gpuIndexes: z.array(z.int().min(0)),
  runtime: z.literal('process'),
  program: z.strictObject({
    language: z.literal('python'),
    code: z.string(),
    fileName: z.string(),
    files: z.record(z.string(), z.string()),
  }),
  env: z.record(z.string(), z.string()),
  timeoutSeconds: z.int().positive(),
  /** SIGTERM to SIGKILL, in seconds. */
  graceSeconds: z.int().min(0).max(600),
  maxOutputBytes: z.int().positive(),
  leaseExpiresAt: Instant,
  traceparent: z.string().optional(),
});
export type AttemptSpec = z.infer<typeof AttemptSpec>;

/** What an agent reports of an attempt; kept in its journal until answered. */
export const AttemptReport = z.discriminatedUnion('kind', [
  AttemptRef.extend({ kind: z.literal('started'), at: Instant }),
  AttemptRef.extend({
    kind: z.literal('ended'),
    at: Instant,
    ranMs: z.int().min(0),
    exitCode: z.int().nullable(),
    reason: EndReason,
    message: z.string().max(2_000).nullable(),
    /** `seq` of the last chunk of output of this attempt; 0 when there was none. */
    lastSeq: z.int().min(0),
  }),
  /** The program never began: nothing to bill, another attempt may follow. */
  AttemptRef.extend({ kind: z.literal('refused'), at: Instant, message: z.string().max(2_000), isRetryable: z.boolean() }),
]);
export type AttemptReport = z.infer<typeof AttemptReport>;
