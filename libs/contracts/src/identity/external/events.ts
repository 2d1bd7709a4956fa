import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';
import { LinkedIdentityId, LinkReason } from './types.ts';

const link = { userId: UserId, identityId: LinkedIdentityId, issuer: z.string() };

export const LinkedIdentityEvents = events(
  'identity',
  {
    /** From now on whom the issuer knows by this subject may sign in as this person. */
    IdentityLinked: z.strictObject({ ...link, subject: z.string(), email: z.string().nullable(), reason: LinkReason, at: Instant }),
    IdentityUnlinked: z.strictObject({ ...link, at: Instant }),
  },
  { IdentityLinked: { personal: { of: 'userId', fields: ['subject', 'email'] } } },
);
