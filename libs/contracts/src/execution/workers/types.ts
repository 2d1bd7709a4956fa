import { z } from 'zod';
import { id } from '../../define.ts';
import { Instant, Text } from '../../values.ts';
import { WorkerTraits } from '../scheduling/types.ts';

export const WorkerId = id('WorkerId');
export type WorkerId = z.infer<typeof WorkerId>;

/** Of a model's weights, as operators lay them out on machines. */
export const WeightsName = Text.min(1)
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dots, hyphens and underscores')
  .meta({ id: 'WeightsName' });
export const mostWeights = 256;

/** What a machine has, as its agent found it. */
export const WorkerFacts = z
  .strictObject({
    hostname: Text.min(1).max(253),
    agentVersion: Text.max(60),
    os: Text.max(200),
    cpuMilli: z.int().positive(),
    memoryMib: z.int().positive(),
    gpus: z
      .array(
        z.strictObject({
          index: z.int().min(0),
          uuid: Text.max(100),
          model: Text.min(1).max(64),
          memoryMib: z.int().positive(),
          /** GPUs of one number are joined by NVLink. Absent: nobody knows. */
          island: z.int().min(0).max(63).optional(),
          /** What it can be cut into, where it is in MIG mode: `a100-80gb`. */
          mig: Text.min(1).max(64).optional(),
          /** Why nothing new may be put on it: the last fault of its driver that it does not recover from by itself. */
          fault: z.strictObject({ xid: z.int().min(0), at: Instant }).optional(),
        }),
      )
      .max(64),
    runtimes: z.array(z.enum(['process', 'docker', 'kubernetes', 'vm'])).min(1),
    /** The agent gives each program its slice of a GPU in MIG mode and no more. Absent: it cannot. */
    slicesGpus: z.boolean().optional(),
    /** Weights that lie on the machine, in the order of their names; of more than so many the first. Absent: it has no place for any. */
    weights: z.array(WeightsName).max(mostWeights).optional(),
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
    /** Its work is being moved away; by when all of it. */
    drain: z.strictObject({ endsAt: Instant.nullable(), at: Instant }).nullable(),
    facts: WorkerFacts,
    ...WorkerTraits.shape,
    joinedAt: Instant,
    lastSeenAt: Instant.nullable(),
    /** Runs placed here that have not ended. */
    runs: z.int().min(0),
    used: z.strictObject({ cpuMilli: z.int(), memoryMib: z.int(), gpus: z.int() }),
  })
  .meta({ id: 'Worker' });
export type WorkerView = z.infer<typeof WorkerView>;
