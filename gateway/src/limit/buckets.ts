import { identity, type Principal } from '@orrery/contracts';
import { networkOf } from '@orrery/messaging';
import type { Limit } from './gcra.ts';

/** What kind of request: each has a limit of its own for every caller. */
export type LimitClass = 'login' | 'read' | 'write' | 'stream' | 'anonymous' | 'refused';
/** What holds for all kinds of requests together. */
export type Ceiling = 'org' | 'address';
export type Limits = Readonly<Record<LimitClass | Ceiling, Limit>>;

/** Whose allowance it is. */
export type BucketOf = 'key' | 'user' | 'app' | 'operator' | 'plan' | Ceiling;

export interface Bucket {
  readonly of: BucketOf;
  readonly key: string;
  readonly limit: Limit;
}

/** There is at least one. */
export type Buckets = readonly [Bucket, ...Bucket[]];

/** One request as far as it matters how often it comes. */
export interface Visitor {
  readonly kind: LimitClass;
  readonly principal: Principal;
  /** Whose key it is, where it is nobody's but its person's. */
  readonly isOwnKey: boolean;
  /** Where it is known. */
  readonly orgId: string | undefined;
  readonly plan: identity.PlanName | undefined;
  readonly ip: string;
}

const perMinute = (requests: number): Limit => ({ perSecond: requests / 60, burst: requests });

/** The plan of an organization takes the place of the ceiling that holds for those without one. */
const ofOrg = ({ orgId, plan }: Visitor, { org }: Limits): readonly Bucket[] => {
  if (orgId === undefined) return [];
  if (plan === undefined) return [{ of: 'org', key: `org:${orgId}`, limit: org }];
  return [{ of: 'plan', key: `org:${orgId}:${plan}`, limit: perMinute(identity.plans[plan].requestsPerMinute) }];
};

/**
 * Every bucket that a request takes from. A key of an organization takes from its own and its organization's; a person's own key from
 * the person's besides, so that nobody gets more by making more keys. Whoever shows no valid credential is an address and nothing else.
 */
export const bucketsOf = (visitor: Visitor, limits: Limits): Buckets => {
  const { kind, principal, isOwnKey, ip } = visitor;
  const limit = limits[kind];
  const network = networkOf(ip);
  const address: Bucket = { of: 'address', key: `address:${network}`, limit: limits.address };
  const user = (id: string): Bucket => ({ of: 'user', key: `user:${id}:${kind}`, limit });
  switch (principal.kind) {
    case 'key': {
      const key: Bucket = { of: 'key', key: `key:${principal.id}:${kind}`, limit };
      return [key, ...(isOwnKey ? [user(principal.userId)] : []), ...ofOrg(visitor, limits), address];
    }
    case 'user':
    case 'pending':
      return [user(principal.id), ...ofOrg(visitor, limits), address];
    case 'app': {
      // Of what somebody lets act for them nobody gets more by letting more of it.
      const own: Bucket =
        principal.userId === undefined ? { of: 'app', key: `app:${principal.id}:${kind}`, limit } : user(principal.userId);
      return [own, ...ofOrg(visitor, limits), address];
    }
    case 'operator':
      return [{ of: 'operator', key: `operator:${kind}`, limit }];
    case 'nobody':
    case 'agent':
    case 'service':
      return [{ of: 'address', key: `address:${network}:${kind}`, limit }];
  }
};
