import { z } from 'zod';
import { Instant, UserId } from '../../values.ts';

/** Compared and stored in one form, so that two spellings of one address are one person. */
export const Email = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email())
  .transform((address) => address.normalize('NFKC').toLowerCase());
export const Password = z.string().min(10, 'at least 10 characters').max(200);

export const UserView = z
  .strictObject({ id: UserId, email: z.string(), name: z.string().nullable(), createdAt: Instant })
  .meta({ id: 'User' });
export type UserView = z.infer<typeof UserView>;
