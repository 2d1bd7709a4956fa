import { z } from 'zod';
import { OrgId } from '../../values.ts';

/** What an organization may ask of the platform, by its plan. */
export interface PlanTerms {
  readonly requestsPerMinute: number;
  /** WebSocket connections at the same time; null: as many as there is room for. */
  readonly webSockets: number | null;
}

/** As Deployara publishes them. */
export const plans = {
  hobby: { requestsPerMinute: 60, webSockets: 1 },
  starter: { requestsPerMinute: 300, webSockets: 3 },
  pro: { requestsPerMinute: 1_000, webSockets: 10 },
  team: { requestsPerMinute: 5_000, webSockets: null },
} as const satisfies Readonly<Record<string, PlanTerms>>;

export const PlanName = z.enum(['hobby', 'starter', 'pro', 'team'] as const satisfies readonly (keyof typeof plans)[]);
export type PlanName = z.infer<typeof PlanName>;

export const PlanView = z
  .strictObject({
    /** Null: no plan, and no limits but those that hold for everybody. */
    plan: PlanName.nullable(),
    requestsPerMinute: z.int().positive().nullable(),
    webSockets: z.int().positive().nullable(),
  })
  .meta({ id: 'Plan' });
export type PlanView = z.infer<typeof PlanView>;

/** The plan of an organization that has one: value of the `identity-plans` snapshot, by org id. */
export const PlanSnapshot = z.strictObject({ orgId: OrgId, plan: PlanName });
export type PlanSnapshot = z.infer<typeof PlanSnapshot>;
