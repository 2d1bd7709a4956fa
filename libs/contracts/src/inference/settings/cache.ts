import { z } from 'zod';

const seconds = z.int().min(1).max(86_400);

/**
 * Whether a request that is the same as one before, byte by byte, is answered with what was answered then, for so many seconds: never (`off`), where the
 * request asks for it (`on-request`), or wherever it does not decline (`always`). Whoever may call models in the organization may hear the answer again.
 */
export const CachePolicy = z
  .discriminatedUnion('policy', [
    z.strictObject({ policy: z.literal('off') }),
    z.strictObject({ policy: z.literal('on-request'), seconds }),
    z.strictObject({ policy: z.literal('always'), seconds }),
  ])
  .meta({ id: 'InferenceCachePolicy' });
export type CachePolicy = z.infer<typeof CachePolicy>;

export const usualCache: CachePolicy = { policy: 'off' };
