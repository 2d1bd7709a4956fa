import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, type OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { callerOf, orgOf } from '../caller.ts';
import { Snapshots } from '../snapshots.ts';
import { OrgEnds } from './org-ends.ts';
import { Orgs } from './orgs.ts';

/** Suspended and taken back by the operator, deleted by an owner. */
@Controller()
export class OrgEndsHandler {
  constructor(
    private readonly orgs: Orgs,
    private readonly ends: OrgEnds,
    private readonly snapshots: Snapshots,
  ) {}

  @Serves(identity.DeleteOrg)
  async delete({ name }: InputOf<typeof identity.DeleteOrg>, context: RequestContext): Promise<OutputOf<typeof identity.DeleteOrg>> {
    const orgId = orgOf(context);
    // Before anybody else is asked.
    const { name: real } = await this.orgs.find(orgId);
    if (name !== real) refuse({ code: 'OrgNameMismatch', details: {} });
    await this.ends.end({ orgId, by: callerOf(context), typedName: name }, context);
    return {};
  }

  @Serves(identity.SuspendOrg)
  async suspend(input: InputOf<typeof identity.SuspendOrg>, context: RequestContext): Promise<OutputOf<typeof identity.SuspendOrg>> {
    const { org, reason } = input;
    return await this.set(await this.orgs.idOf(org), { type: 'Suspend', reason }, input, context);
  }

  @Serves(identity.ReinstateOrg)
  async reinstate(input: InputOf<typeof identity.ReinstateOrg>, context: RequestContext): Promise<OutputOf<typeof identity.ReinstateOrg>> {
    return await this.set(await this.orgs.idOf(input.org), { type: 'Reinstate' }, input, context);
  }

  private async set(
    orgId: OrgId,
    wish: { readonly type: 'Suspend'; readonly reason: string } | { readonly type: 'Reinstate' },
    input: unknown,
    context: RequestContext,
  ): Promise<identity.OrgView> {
    await this.orgs.tell(orgId, { ...wish, at: instantOf(systemClock.now()) }, context, { input });
    await this.snapshots.orgChanged(orgId);
    return await this.orgs.find(orgId);
  }
}
