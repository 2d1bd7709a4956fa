import type { QuotaNode } from '../admission/quota-node.ts';
import type { RulesState } from '../rules/rules-state.ts';
import type { SchedulerSettings } from '../scheduler/settings.ts';

export const settingsOf = ({ rules, pools }: RulesState): SchedulerSettings => ({
  ...rules,
  pools: Object.fromEntries(Object.values(pools).map(({ name, policy }) => [name, policy])),
});

/** Both were made in the same way, so that their fields come in one order. */
export const isAlike = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);

export const nodeOf = ({
  node: id,
  parent,
  weight,
  guaranteedMilli: guaranteed,
  limitMilli: limit,
}: RulesState['quotas'][string]): QuotaNode => ({
  ...{ id, parent, weight, guaranteed, limit },
});
