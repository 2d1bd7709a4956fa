import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, UserId } from '../../values.ts';
import { Occupation } from './types.ts';

export const ProfileEvents = events('identity', {
  OccupationChosen: z.strictObject({ userId: UserId, occupation: Occupation, at: Instant }),
});
