import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Plan } from '../../domain/plans/plan.ts';
import { orgPlans, shownPlan } from '../../views/keys/org-plans.view.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { orgOf } from '../caller.ts';
import { Snapshots } from '../snapshots.ts';

/** Of organizations that were put on none. */
export class DefaultPlan {
  constructor(readonly name: identity.PlanName | undefined) {}
}

@Controller()
export class PlansHandler {
  private readonly plan;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly defaultPlan: DefaultPlan,
  ) {
    this.plan = handleWith(store, Plan, { name: 'plan' });
  }

  @Serves(identity.SetOrgPlan)
  async set(input: InputOf<typeof identity.SetOrgPlan>, context: RequestContext): Promise<OutputOf<typeof identity.SetOrgPlan>> {
    const { orgId, plan } = input;
    if (!(await this.store.read(orgs).one({ id: orgId }))) return refuse({ code: 'OrgNotFound', details: {} });
    const command = { type: 'Set', orgId, plan, at: instantOf(systemClock.now()) } as const;
    refuse(await this.plan(`plan-${orgId}`, command, { ...context, orgId }, { input }));
    await this.snapshots.planChanged(orgId);
    return this.shown(plan);
  }

  @Serves(identity.GetOrgPlan)
  async get(_: InputOf<typeof identity.GetOrgPlan>, context: RequestContext): Promise<OutputOf<typeof identity.GetOrgPlan>> {
    const found = await this.store.read(orgPlans).one({ orgId: orgOf(context) });
    return this.shown(found?.plan ?? null);
  }

  private shown(plan: identity.PlanName | null): identity.PlanView {
    return shownPlan(plan ?? this.defaultPlan.name ?? null);
  }
}
