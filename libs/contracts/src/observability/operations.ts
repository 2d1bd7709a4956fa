import { z } from 'zod';
import { query } from '../define.ts';
import { RunId } from '../execution/runs/ids.ts';
import { OutputPlace } from '../execution/runs/types.ts';
import { Instant, PageRequest, pageOf, Text } from '../values.ts';
import { CloudEvent, LogLine, RunMetrics } from './types.ts';

export const QueryRunLogs = query({
  subject: 'observability.query-run-logs',
  summary: 'Log lines of a run, oldest first',
  http: 'GET /runs/{runId}/logs',
  access: 'logs:read',
  input: z.strictObject({
    runId: RunId,
    limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
    hours: z.coerce.number().int().min(1).max(168).default(24),
    /** Waits for a moment until there is what lies before and at this place: `outputEnd` of a run that has just ended. */
    until: OutputPlace.optional(),
  }),
  output: z.strictObject({ items: z.array(LogLine), total: z.int().min(0) }),
  refusals: { RunNotFound: 404 },
});

export const GetRunOutput = query({
  subject: 'observability.get-run-output',
  summary: 'What a run wrote, as it wrote it, by stream',
  http: 'GET /runs/{runId}/output/text',
  access: 'logs:read',
  input: z.strictObject({
    runId: RunId,
    /** Waits for a moment until there is what lies before and at this place: `outputEnd` of a run that has just ended. */
    until: OutputPlace.optional(),
  }),
  output: z.strictObject({
    stdout: z.string(),
    stderr: z.string(),
    /** Where it ends; null where there is none. */
    end: OutputPlace.nullable(),
    /** There is more than fits: this is the beginning. */
    isCut: z.boolean(),
  }),
  refusals: { RunNotFound: 404 },
});

export const QueryOrgLogs = query({
  subject: 'observability.query-org-logs',
  summary: 'Log lines of all runs of the organization, newest first',
  http: 'GET /logs',
  access: 'logs:read',
  input: z.strictObject({
    limit: z.coerce.number().int().min(1).max(5_000).default(100),
    hours: z.coerce.number().int().min(1).max(24).default(1),
  }),
  output: z.strictObject({ items: z.array(LogLine), total: z.int().min(0) }),
  refusals: {},
});

export const QueryRunMetrics = query({
  subject: 'observability.query-run-metrics',
  summary: 'System and GPU metrics while a run ran',
  http: 'GET /runs/{runId}/metrics',
  access: 'metrics:read',
  input: z.strictObject({
    runId: RunId,
    start: Instant.optional(),
    end: Instant.optional(),
    stepSeconds: z.coerce.number().int().min(1).max(3_600).default(15),
  }),
  output: RunMetrics,
  refusals: { RunNotFound: 404, TooManyPoints: 422 },
});

export const ListEvents = query({
  subject: 'observability.list-events',
  summary: 'Domain events of the organization, of every service, oldest first',
  http: 'GET /events',
  access: 'events:read',
  input: PageRequest.extend({
    stream: Text.max(200).optional(),
    /** `orrery.execution.RunStarted.v1`, or the start of it. */
    type: Text.max(200).optional(),
    correlationId: Text.max(200).optional(),
  }),
  output: pageOf(CloudEvent),
  refusals: {},
});
