import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';
import { SessionEnd, SessionId, SignInMethod } from './types.ts';

const session = { sessionId: SessionId, userId: UserId };

export const SessionEvents = events(
  'identity',
  {
    SessionOpened: z.strictObject({
      ...session,
      method: SignInMethod,
      owesSecondFactor: z.boolean(),
      ip: z.string().nullable(),
      userAgent: z.string().nullable(),
      expiresAt: Instant,
      at: Instant,
    }),
    /** A new refresh token replaces the one before it. */
    RefreshTokenIssued: z.strictObject({ ...session, refreshHash: z.string(), expiresAt: Instant, at: Instant }),
    /** The second factor was shown. */
    SessionCompleted: z.strictObject({ ...session, expiresAt: Instant, at: Instant }),
    SessionRevoked: z.strictObject({ ...session, reason: SessionEnd, at: Instant }),
  },
  {
    SessionOpened: { personal: { of: 'userId', fields: ['ip', 'userAgent'] } },
    RefreshTokenIssued: { isPrivate: true },
  },
);
