import { z } from 'zod';
import { MetricName } from '../execution/attempts/types.ts';
import { Instant } from '../values.ts';

export const LogLine = z
  .strictObject({
    at: Instant,
    message: z.string(),
    level: z.enum(['info', 'error', 'system']),
    runId: z.uuid().nullable(),
    hostname: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
  })
  .meta({ id: 'LogLine' });
export type LogLine = z.infer<typeof LogLine>;

export const MetricPoint = z.strictObject({ at: Instant, value: z.number() });
export const RunMetrics = z
  .strictObject({
    runId: z.uuid(),
    hostname: z.string().nullable(),
    start: Instant,
    end: Instant,
    series: z.partialRecord(MetricName, z.array(MetricPoint)),
  })
  .meta({ id: 'RunMetrics' });
export type RunMetrics = z.infer<typeof RunMetrics>;

/** A domain event as an event consumer sees it: CloudEvents 1.0. */
export const CloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: z.uuid(),
    source: z.string(),
    type: z.string(),
    subject: z.string(),
    time: Instant,
    datacontenttype: z.literal('application/json'),
    data: z.record(z.string(), z.unknown()),
    orgid: z.string().optional(),
    actor: z.string(),
    correlationid: z.string(),
    causationid: z.string(),
    /** `<transaction>.<position>`: the place in the log of its service. */
    sequence: z.string(),
    streamversion: z.int().positive(),
    traceparent: z.string().optional(),
  })
  .meta({ id: 'CloudEvent' });
export type CloudEvent = z.infer<typeof CloudEvent>;
