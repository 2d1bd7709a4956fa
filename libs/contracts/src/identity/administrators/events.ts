import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';

const person = { userId: UserId, at: Instant };

export const AdministratorEvents = events('identity', {
  /** The person may do what the operator may, as long as nothing else is said. */
  AdministratorAppointed: z.strictObject(person),
  AdministratorDismissed: z.strictObject({ ...person, reason: z.enum(['dismissed', 'account-closed', 'account-deleted']) }),
});
