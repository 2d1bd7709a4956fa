import { identity, type OrgId } from '@orrery/contracts';
import { type Fact, text, uuid, view } from '@orrery/event-store';

/** The organizations that have a plan. */
export const orgPlans = view({
  name: 'org-plans',
  table: 'org_plans',
  columns: { orgId: uuid<OrgId>(), plan: text<identity.PlanName>() },
  key: ['orgId'],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    if (event.type !== 'OrgPlanSet') return [];
    const { orgId, plan } = event.data;
    return plan === null ? [{ drop: { orgId } }] : [{ put: { orgId, plan } }];
  },
});

/** What a plan allows; without one, nothing is counted that is not counted for everybody. */
export const shownPlan = (plan: identity.PlanName | null): identity.PlanView =>
  plan === null ? { plan, requestsPerMinute: null, webSockets: null } : { plan, ...identity.plans[plan] };
