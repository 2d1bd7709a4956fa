import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';
import { FailedPath } from './types.ts';

export const AuditEvents = events('identity', {
  /** Somebody showed wrong secrets for a person: so many in a moment, from so many addresses. */
  SignInFailed: z.strictObject({
    userId: UserId,
    path: FailedPath,
    tries: z.int().positive(),
    addresses: z.int().positive(),
    /** Until when nobody who tries it this way is looked at; null where they are. */
    lockedUntil: Instant.nullable(),
    at: Instant,
  }),
});
