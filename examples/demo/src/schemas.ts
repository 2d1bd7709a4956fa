import { z } from 'zod';

// What this client relies on, and no more: the rest of an answer may grow.
export const SignedUp = z.object({ userId: z.string(), orgId: z.string(), orgSlug: z.string() });
export const LoggedIn = z.object({ access_token: z.string(), refresh_token: z.string() });
export const KeyCreated = z.object({ plaintext_key: z.string(), prefix: z.string() });
export const Started = z.object({ execution_id: z.string(), status: z.string(), streaming_url: z.string() });
export const Status = z.object({ status: z.string() });
export const Ended = z.object({ execution_id: z.string(), status: z.string() });
export const Logs = z.object({ logs: z.array(z.object({ message: z.string() })), total: z.number() });
export const Timing = z.object({ start_time: z.string(), end_time: z.string(), duration: z.number() });
export const Metrics = z.object({
  systemCpuUsagePercent: z.array(z.object({ value: z.number() })),
  systemRamUsedBytes: z.array(z.object({ value: z.number() })),
});
export const Balance = z.object({ balance: z.string() });
export const Prices = z.object({
  prices: z.array(
    z.object({
      meter_slug: z.string(),
      applies_to: z.looseObject({ hardware_profile: z.string().optional() }),
      unit: z.string(),
      unit_price: z.string(),
    }),
  ),
});
export const History = z.object({
  executions: z.array(z.object({ execution_id: z.string(), status: z.string(), billed: z.unknown() })),
  total_executions: z.number(),
});
export const Credits = z.object({ available_credits: z.unknown(), used_credits: z.unknown() });
export const Events = z.object({ items: z.array(z.object({ type: z.string(), at: z.string() })) });
export const Frame = z.union([
  z.object({ output: z.object({ content: z.string() }) }),
  z.object({ jobFinished: z.object({ job: z.object({ result: z.object({ returnCode: z.string(), error: z.string().nullable() }) }) }) }),
]);
export const Workers = z.object({ items: z.array(z.object({ name: z.string(), status: z.string() })) });
export const PublicCatalog = z.object({
  data: z.object({
    models: z.array(
      z.object({
        name: z.string(),
        description: z.string(),
        pricing: z.object({
          currency: z.string(),
          prices: z.array(z.object({ meter: z.string(), unit: z.string(), unit_price: z.string() })),
        }),
      }),
    ),
  }),
});
export const InferenceUsage = z.object({
  items: z.array(
    z.object({
      model: z.string(),
      priceVersion: z.number().nullable(),
      requests: z.number(),
      input: z.number(),
      output: z.number(),
      cost: z.string(),
    }),
  ),
});
