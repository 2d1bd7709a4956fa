import { identity, inference, type Principal, parseNanos, personOf } from '@orrery/contracts';
import type { Scope, SetBy } from '../limits/meters.ts';
import type { OfferedModel } from './offer.ts';

/** Limits that hold for a request, whose they are, and who set them. */
export interface Bound {
  readonly of: Scope;
  readonly by: SetBy;
  /** Tells them from all others of the organization; what was used is counted under it. */
  readonly name: string;
  readonly limits: Readonly<Partial<inference.UsageLimits>>;
}

interface Request {
  readonly principal: Principal;
  readonly model: Pick<OfferedModel, 'modelId' | 'names'>;
}

const concerns = (thing: inference.LimitedThing, { principal, model }: Request): boolean => {
  switch (thing.of) {
    case 'org':
      return true;
    case 'user':
      return personOf(principal) === thing.userId;
    case 'key':
      return principal.kind === 'key' && principal.id === thing.keyId;
    case 'model': {
      const name = thing.model.toLowerCase();
      return [model.modelId, ...model.names].some((each) => each.toLowerCase() === name);
    }
  }
};

/** What identity says of the key itself. */
const ofKey = (key: identity.KeySnapshot | undefined): readonly Bound[] => {
  if (key === undefined) return [];
  const { id, monthlyTokens: tokensPerMonth, monthlySpend: spendPerMonth } = key;
  if (tokensPerMonth === null && spendPerMonth === null) return [];
  return [{ of: 'key', by: 'key', name: `key:${id}`, limits: { tokensPerMonth, spendPerMonth } }];
};

const ofPlan = (plan: identity.PlanName | undefined): readonly Bound[] => {
  if (plan === undefined) return [];
  const { requestsPerMinute } = identity.plans[plan];
  return [{ of: 'org', by: 'operator', name: `plan:${plan}`, limits: { requestsPerMinute } }];
};

/** What was published of whoever asks; undefined where nothing was. */
export interface Rules {
  readonly key: identity.KeySnapshot | undefined;
  readonly plan: identity.PlanName | undefined;
  readonly limits: inference.LimitsSnapshot | undefined;
}

/** All that holds for a request: what its key may, the plan, and what the organization and the operator set. */
export const boundsOf = (request: Request, { key, plan, limits }: Rules): readonly Bound[] => [
  ...ofKey(key),
  ...ofPlan(plan),
  ...(limits?.limits ?? [])
    .filter(({ thing }) => concerns(thing, request))
    .map(({ by, thing, limits: bounds }) => ({ of: thing.of, by, name: `${by}:${inference.keyOfThing(thing)}`, limits: bounds })),
];

export const moneyOf = (text: inference.UsageLimits['spendPerDay']): bigint | null => (text === null ? null : parseNanos(text));
