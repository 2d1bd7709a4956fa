import { z } from 'zod';
import { command } from '../../define.ts';
import { Instant } from '../../values.ts';
import { EndMode, EndReason } from '../runs/types.ts';
import { WorkerFacts } from '../workers/types.ts';
import { AttemptRef, AttemptReport, AttemptSpec } from './types.ts';

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
  refusals: { StaleEpoch: 409, RunNotFound: 404, WorkerNotFound: 404 },
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
