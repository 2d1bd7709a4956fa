import type { Instant, identity, OrgId } from '@orrery/contracts';
import { accept, type Decider } from '@orrery/kernel';

export interface Command {
  readonly type: 'Set';
  readonly orgId: OrgId;
  readonly plan: identity.PlanName | null;
  readonly at: Instant;
}

export type Event = Extract<identity.IdentityEvent, { type: 'OrgPlanSet' }>;

export interface State {
  readonly plan: identity.PlanName | null;
}

/** The plan that an organization is on. Stream `plan-<org id>`, beside the organization's own: the operator's word, not the customer's. */
export const Plan: Decider<Command, Event, State, never> = {
  initial: { plan: null },
  decide: ({ type: _, ...data }, state) => (data.plan === state.plan ? accept() : accept<Event>({ type: 'OrgPlanSet', data })),
  evolve: (_, { data: { plan } }) => ({ plan }),
};
