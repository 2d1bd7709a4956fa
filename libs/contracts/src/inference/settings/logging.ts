import { z } from 'zod';

/**
 * What is kept of single requests. `off`: nothing, but what the bill is made of, for as long as it may be doubted. `metadata`: a line of the inference log
 * each. `full`: besides, what was asked and what was answered, for so many days.
 */
export const LoggingPolicy = z
  .discriminatedUnion('policy', [
    z.strictObject({ policy: z.literal('off') }),
    z.strictObject({ policy: z.literal('metadata') }),
    z.strictObject({ policy: z.literal('full'), retentionDays: z.int().min(1).max(365) }),
  ])
  .meta({ id: 'InferenceLoggingPolicy' });
export type LoggingPolicy = z.infer<typeof LoggingPolicy>;

export const usualLogging: LoggingPolicy = { policy: 'metadata' };
