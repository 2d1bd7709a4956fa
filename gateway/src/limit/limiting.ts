import type { identity } from '@orrery/contracts';
import type { Caller } from '../access/caller.ts';
import type { ReadSnapshot } from '../access/snapshot.ts';
import { type Bucket, bucketsOf, type LimitClass, type Limits } from './buckets.ts';
import type { RateLimiter } from './rate-limiter.ts';
import type { Ruling } from './ruling.ts';

export interface LimitingOptions {
  readonly limiter: RateLimiter;
  readonly limits: Limits;
  readonly plans: ReadSnapshot<identity.PlanSnapshot>;
  /** Of organizations that were put on none. */
  readonly defaultPlan: identity.PlanName | undefined;
}

/** One request, as far as it is known who makes it. */
export interface Asked {
  readonly kind: LimitClass;
  readonly caller: Caller;
  /** With a key that is the person's own and no organization's. */
  readonly isOwnKey: boolean;
  readonly ip: string;
}

export type Refused = Pick<Asked, 'caller' | 'ip'>;

/** Says of each request whether it comes too often: for its key, its person, its organization's plan, or its address. */
export class Limiting {
  readonly #options: LimitingOptions;

  constructor(options: LimitingOptions) {
    this.#options = options;
  }

  /** A request to a model that was refused before anything was reserved: it counts for whoever made it, and for nobody beside them. */
  async noteRefused(asked: Refused): Promise<void> {
    await this.#options.limiter.judge('refused', [this.#refusedOf(asked)]);
  }

  /** Where too many of those were refused a moment ago. Nobody is asked. */
  refusing(asked: Refused): Ruling | undefined {
    const { limiter } = this.#options;
    return limiter.refusesNobody ? undefined : limiter.refusing([this.#refusedOf(asked)]);
  }

  #refusedOf({ caller: { principal, orgId }, ip }: Refused): Bucket {
    const visitor = { kind: 'refused' as const, principal, isOwnKey: false, orgId, plan: undefined, ip };
    return bucketsOf(visitor, this.#options.limits)[0];
  }

  judge({ caller: { principal, orgId }, ...asked }: Asked): Promise<Ruling> {
    const { limiter, limits, plans, defaultPlan } = this.#options;
    const plan = orgId === undefined ? undefined : (plans.get(orgId)?.plan ?? defaultPlan);
    return limiter.judge(asked.kind, bucketsOf({ ...asked, principal, orgId, plan }, limits));
  }
}
