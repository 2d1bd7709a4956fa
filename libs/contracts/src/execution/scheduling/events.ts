import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, SchedulingName } from '../../values.ts';
import { IslandPromise, Pool, PriorityClass, Quota, QuotaPath, SchedulerRules } from './types.ts';

const said = { by: z.string(), at: Instant };

/** What operators decide about scheduling: one stream, so that each decision sees all others. */
export const SchedulingEvents = events('execution', {
  QuotaSet: Quota.extend(said),
  QuotaRemoved: z.strictObject({ node: QuotaPath, ...said }),
  PriorityClassSet: PriorityClass.extend(said),
  PriorityClassRemoved: z.strictObject({ name: SchedulingName, ...said }),
  PoolSet: Pool.extend(said),
  PoolRemoved: z.strictObject({ name: SchedulingName, ...said }),
  IslandsPromised: IslandPromise.extend(said),
  SchedulerRulesSet: SchedulerRules.extend(said),
});
