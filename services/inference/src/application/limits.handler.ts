import { Controller } from '@nestjs/common';
import { type InputOf, inference, instantOf, OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { isUnbounded, Limits } from '../domain/limits.ts';
import { listLimits } from '../views/limits.view.ts';
import { LimitedThings } from './limited-things.ts';
import { Snapshots } from './snapshots.ts';

const orgOf = ({ orgId }: RequestContext): OrgId => {
  const org = OrgId.safeParse(orgId);
  return org.success ? org.data : refuse({ code: 'OrgNotFound', details: {} });
};

type Wish = Pick<inference.LimitView, 'by' | 'thing' | 'limits'>;

@Controller()
export class LimitsHandler {
  private readonly limits;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly things: LimitedThings,
  ) {
    this.limits = handleWith(store, Limits, { name: 'limits' });
  }

  @Serves(inference.SetUsageLimit)
  set(
    { thing, limits }: InputOf<typeof inference.SetUsageLimit>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.SetUsageLimit>> {
    return this.tell(orgOf(context), { by: 'organization', thing, limits }, context);
  }

  @Serves(inference.ListUsageLimits)
  list(
    { limit, cursor }: InputOf<typeof inference.ListUsageLimits>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.ListUsageLimits>> {
    return listLimits(this.store, orgOf(context), { limit, cursor });
  }

  @Serves(inference.SetOrgUsageLimit)
  setOfOrg(
    { orgId, thing, limits }: InputOf<typeof inference.SetOrgUsageLimit>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.SetOrgUsageLimit>> {
    return this.tell(orgId, { by: 'operator', thing, limits }, context);
  }

  @Serves(inference.ListOrgUsageLimits)
  listOfOrg({
    orgId,
    limit,
    cursor,
  }: InputOf<typeof inference.ListOrgUsageLimits>): Promise<OutputOf<typeof inference.ListOrgUsageLimits>> {
    return listLimits(this.store, orgId, { limit, cursor });
  }

  private async tell(orgId: OrgId, wish: Wish, context: RequestContext): Promise<inference.LimitView> {
    // What is gone may have its limits taken away.
    if (!isUnbounded(wish.limits)) await this.things.assertThere({ orgId, thing: wish.thing }, wish, context);
    const at = instantOf(systemClock.now());
    const answer = (): inference.LimitView => ({ ...wish, setAt: at });
    const command = { type: 'Set', orgId, ...wish, at } as const;
    const told = refuse(await this.limits(`limits-${orgId}`, command, { ...context, orgId }, { input: { orgId, ...wish }, answer }));
    await this.snapshots.limitsChanged(orgId);
    return told.answer;
  }
}
