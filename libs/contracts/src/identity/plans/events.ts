import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId } from '../../values.ts';
import { PlanName } from './types.ts';

export const PlanEvents = events('identity', {
  /** Null: it has no plan any more. */
  OrgPlanSet: z.strictObject({ orgId: OrgId, plan: PlanName.nullable(), at: Instant }),
});
