import { z } from 'zod';
import { Instant, UserId } from '../../values.ts';

/**
 * Compared and stored in one form, so that two spellings of one address are one person. What is not plain ASCII in that form is none:
 * no letter of another script passes for one of ours.
 */
export const Email = z
  .string()
  .trim()
  .max(254)
  .transform((address) => address.normalize('NFKC').toLowerCase())
  .pipe(z.email('not an e-mail address in plain letters, such as person@example.com').max(254));
export const Password = z.string().min(10, 'at least 10 characters').max(200);

export const UserView = z
  .strictObject({
    id: UserId,
    email: z.string(),
    /** Whoever has the account has shown that the address is theirs. */
    emailVerified: z.boolean(),
    name: z.string().nullable(),
    isActive: z.boolean(),
    createdAt: Instant,
  })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof UserView>;
