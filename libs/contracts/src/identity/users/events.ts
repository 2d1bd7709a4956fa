import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';

const person = { userId: UserId, at: Instant };
/** Of a secret that went to the person's address; the secret itself is nowhere. */
const ticket = { ...person, ticketHash: z.string(), expiresAt: Instant };

export const UserEvents = events(
  'identity',
  {
    UserSignedUp: z.strictObject({ ...person, email: z.string(), name: z.string().nullable() }),
    UsernameChosen: z.strictObject({ ...person, username: z.string() }),
    /** By somebody who vouches for the new one. */
    EmailChanged: z.strictObject({ ...person, email: z.string() }),
    UserRenamed: z.strictObject({ ...person, name: z.string().nullable() }),
    PasswordSet: z.strictObject({ ...person, passwordHash: z.string() }),
    /** The same password under a stronger hash. */
    PasswordRehashed: z.strictObject({ ...person, passwordHash: z.string() }),
    PasswordChanged: z.strictObject({ ...person, reason: z.enum(['changed', 'reset']) }),
    PasswordResetRequested: z.strictObject(ticket),
    EmailVerificationRequested: z.strictObject(ticket),
    EmailVerified: z.strictObject(person),
    UserDeactivated: z.strictObject({ ...person, by: z.enum(['self', 'operator']) }),
    UserReactivated: z.strictObject(person),
    /** Everything in which the person can be recognised is erased, here and in every service that consumes this. */
    UserDeleted: z.strictObject(person),
  },
  {
    UserSignedUp: { personal: { of: 'userId', fields: ['email', 'name'] } },
    UsernameChosen: { personal: { of: 'userId', fields: ['username'] } },
    EmailChanged: { personal: { of: 'userId', fields: ['email'] } },
    UserRenamed: { personal: { of: 'userId', fields: ['name'] } },
    PasswordSet: { isPrivate: true },
    PasswordRehashed: { isPrivate: true },
    PasswordResetRequested: { isPrivate: true },
    EmailVerificationRequested: { isPrivate: true },
  },
);
