import { z } from 'zod';
import { Resources } from '../../catalog/types.ts';
import { Instant, OrgId, Text } from '../../values.ts';
import { RunId } from '../runs/ids.ts';
import { MigSlice } from '../runs/request.ts';
import { EndReason } from '../runs/types.ts';
import { WeightsName, WorkerId } from '../workers/types.ts';

/** A place in a run's life that fences: a report that names an older epoch is refused. */
export const AttemptRef = z.strictObject({ runId: RunId, attempt: z.int().positive(), epoch: z.int().positive() });
export type AttemptRef = z.infer<typeof AttemptRef>;

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

/** How a run may be shut in on a machine. */
export const RuntimeName = z.enum(['process', 'docker']);
export type RuntimeName = z.infer<typeof RuntimeName>;

/** A container image, and what of it runs. */
export const ImageProgram = z.strictObject({
  /** As Docker writes it: `ghcr.io/org/name:tag`, or with a digest. */
  reference: Text.min(1)
    .max(500)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]*$/, 'letters, digits and ._:/@-'),
  /** In place of the arguments that the image itself names. */
  command: z.array(Text.max(32_768)).min(1).max(256).optional(),
});
export type ImageProgram = z.infer<typeof ImageProgram>;

/** With what an image is pulled. */
export const RegistryLogin = z.strictObject({ username: Text.min(1).max(500), password: Text.min(1).max(8_192) });
export type RegistryLogin = z.infer<typeof RegistryLogin>;

/** Everything an agent needs to run one attempt. */
export const AttemptSpec = AttemptRef.extend({
  orgId: OrgId,
  resources: Resources,
  /** Indexes of the GPUs this attempt holds on the machine. */
  gpuIndexes: z.array(z.int().min(0)),
  /** The slice of the one GPU that it has, and nothing else of it; null: the GPUs as they are. */
  mig: MigSlice.nullable(),
  /** It may read those of them that lie on the machine. */
  weights: z.array(WeightsName).max(8).optional(),
  runtime: RuntimeName,
  /** What the runtime `process` runs. */
  program: z
    .strictObject({
      language: z.literal('python'),
      code: z.string(),
      fileName: z.string(),
      files: z.record(z.string(), z.string()),
    })
    .optional(),
  /** What the runtime `docker` runs. */
  image: ImageProgram.optional(),
  /** Never written down by an agent, as little as the environment. */
  registry: RegistryLogin.optional(),
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
