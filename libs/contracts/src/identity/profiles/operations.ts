import { z } from 'zod';
import { command } from '../../define.ts';
import { Occupation } from './types.ts';

export const ChooseOccupation = command({
  subject: 'identity.choose-occupation',
  summary: 'Say what the person who calls does here; it permits nothing',
  http: 'PUT /me/occupation',
  access: 'user',
  input: z.strictObject({ occupation: Occupation }),
  output: z.strictObject({ occupation: Occupation }),
  refusals: {},
});
