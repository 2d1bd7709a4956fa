import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';

export const UserEvents = events(
  'identity',
  {
    UserSignedUp: z.strictObject({
      userId: UserId,
      email: z.string(),
      name: z.string().nullable(),
      at: Instant,
    }),
    PasswordSet: z.strictObject({ userId: UserId, passwordHash: z.string(), at: Instant }),
  },
  {
    UserSignedUp: { personal: { of: 'userId', fields: ['email', 'name'] } },
    PasswordSet: { isPrivate: true },
  },
);
