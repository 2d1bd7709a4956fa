import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId } from '../../values.ts';
import { LimitedThing, LimitSetter, UsageLimits } from './types.ts';

export const LimitEvents = events('inference', {
  /** Without any bound: there is none any more. */
  UsageLimitSet: z.strictObject({ orgId: OrgId, by: LimitSetter, thing: LimitedThing, limits: UsageLimits, at: Instant }),
});
