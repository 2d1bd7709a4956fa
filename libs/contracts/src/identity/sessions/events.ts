import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';
import { SessionId } from './types.ts';

export const SessionEvents = events(
  'identity',
  {
    SessionOpened: z.strictObject({ sessionId: SessionId, userId: UserId, refreshHash: z.string(), expiresAt: Instant, at: Instant }),
    SessionRefreshed: z.strictObject({ sessionId: SessionId, userId: UserId, refreshHash: z.string(), expiresAt: Instant, at: Instant }),
    /** A used refresh token came a second time: the whole family of the session is dead. */
    SessionRevoked: z.strictObject({ sessionId: SessionId, userId: UserId, reason: z.enum(['logout', 'refresh-reuse']), at: Instant }),
  },
  {
    SessionOpened: { isPrivate: true },
    SessionRefreshed: { isPrivate: true },
    SessionRevoked: { isPrivate: true },
  },
);
