import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant } from '../../values.ts';

export const SigningEvents = events('identity', {
  /** From `activeAt` on it signs access tokens; those before it are believed until their last token has expired, or no more at all. */
  SigningKeyMade: z.strictObject({
    kid: z.string(),
    generation: z.int().min(1),
    activeAt: Instant,
    formerAreBelieved: z.boolean(),
    at: Instant,
  }),
});
