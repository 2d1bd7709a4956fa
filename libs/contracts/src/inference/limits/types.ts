import { z } from 'zod';
import { ModelRef } from '../../catalog/models/names.ts';
import { ApiKeyId } from '../../identity/keys/types.ts';
import { NanosText } from '../../money.ts';
import { Instant, OrgId, UserId } from '../../values.ts';

const perMinute = (most: number) => z.int().min(1).max(most).nullable();
const amount = NanosText.refine((text) => !text.startsWith('-'), {
  error: 'is less than nothing',
  params: { mend: 'send 0 or more' },
}).nullable();

/** What may be used of models. Null bounds nothing. Days and months are those of the calendar, UTC. */
export const UsageLimits = z
  .strictObject({
    requestsPerMinute: perMinute(1_000_000),
    /** Of prompts and completions together, and apart. */
    tokensPerMinute: perMinute(60_000_000),
    inputTokensPerMinute: perMinute(60_000_000),
    outputTokensPerMinute: perMinute(60_000_000),
    tokensPerMonth: z.int().min(0).nullable(),
    /** Requests at the same time. */
    concurrency: z.int().min(1).max(100_000).nullable(),
    spendPerDay: amount,
    spendPerMonth: amount,
  })
  .meta({ id: 'UsageLimits' });
export type UsageLimits = z.infer<typeof UsageLimits>;

/** The organization, or somebody or something in it. A model's limits are those of this organization's use of it. */
export const LimitedThing = z.discriminatedUnion('of', [
  z.strictObject({ of: z.literal('org') }),
  z.strictObject({ of: z.literal('user'), userId: UserId }),
  z.strictObject({ of: z.literal('key'), keyId: ApiKeyId }),
  /** By any of its names, or its id. */
  z.strictObject({ of: z.literal('model'), model: ModelRef }),
]);
export type LimitedThing = z.infer<typeof LimitedThing>;

/** Who set it: what the operator set holds beside what the organization set for itself, and is not the organization's to change. */
export const LimitSetter = z.enum(['operator', 'organization']).meta({ id: 'LimitSetter' });
export type LimitSetter = z.infer<typeof LimitSetter>;

const limited = { by: LimitSetter, thing: LimitedThing, limits: UsageLimits };

export const LimitView = z.strictObject({ ...limited, setAt: Instant }).meta({ id: 'UsageLimit' });
export type LimitView = z.infer<typeof LimitView>;

export const mostLimits = 500;

/** All limits of an organization that has some: value of the `inference-limits` snapshot, by org id. */
export const LimitsSnapshot = z.strictObject({ orgId: OrgId, limits: z.array(z.strictObject(limited)) });
export type LimitsSnapshot = z.infer<typeof LimitsSnapshot>;

/** Tells one thing of an organization from another; names of models whatever the size of their letters. */
export const keyOfThing = (thing: LimitedThing): string => {
  switch (thing.of) {
    case 'org':
      return 'org';
    case 'user':
      return `user ${thing.userId}`;
    case 'key':
      return `key ${thing.keyId}`;
    case 'model':
      return `model ${thing.model.toLowerCase()}`;
  }
};
