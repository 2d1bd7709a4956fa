import { Controller } from '@nestjs/common';
import {
  type InputOf,
  identity,
  instantOf,
  type OrgId,
  type OutputOf,
  permissionsOf,
  type RequestContext,
  type UserId,
} from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { DefaultOrg } from '../../domain/orgs/default-org.ts';
import { members } from '../../views/orgs/members.view.ts';
import { listMembersOf, memberOf } from '../../views/orgs/memberships.ts';
import { callerOf, orgOf, signedInOf } from '../caller.ts';
import { Snapshots } from '../snapshots.ts';
import { Departures } from './departures.ts';
import { Orgs } from './orgs.ts';

const memberNotFound = { code: 'MemberNotFound', details: {} } as const;
const now = () => instantOf(systemClock.now());

@Controller()
export class MembersHandler {
  private readonly choice;

  constructor(
    private readonly store: EventStore,
    private readonly orgs: Orgs,
    private readonly departures: Departures,
    private readonly snapshots: Snapshots,
  ) {
    this.choice = handleWith(store, DefaultOrg, { name: 'default-org' });
  }

  @Serves(identity.ListMembers)
  list(input: InputOf<typeof identity.ListMembers>, context: RequestContext): Promise<OutputOf<typeof identity.ListMembers>> {
    return listMembersOf(this.store, orgOf(context), input);
  }

  @Serves(identity.ChangeMemberRole)
  async changeRole(
    input: InputOf<typeof identity.ChangeMemberRole>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ChangeMemberRole>> {
    const { userId, role } = input;
    const orgId = orgOf(context);
    await this.orgs.tell(orgId, { type: 'ChangeRole', userId, role, by: callerOf(context), at: now() }, context, { input });
    await this.snapshots.membersChanged(userId);
    return await this.member(orgId, userId);
  }

  @Serves(identity.TransferOwnership)
  async transfer(
    input: InputOf<typeof identity.TransferOwnership>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.TransferOwnership>> {
    const { userId: to } = input;
    const orgId = orgOf(context);
    const by = callerOf(context);
    await this.orgs.tell(orgId, { type: 'Transfer', to, by, at: now() }, context, { input });
    for (const userId of [by, to]) await this.snapshots.membersChanged(userId);
    return await this.member(orgId, to);
  }

  @Serves(identity.RemoveMember)
  async remove(input: InputOf<typeof identity.RemoveMember>, context: RequestContext): Promise<OutputOf<typeof identity.RemoveMember>> {
    const { userId } = input;
    const by = callerOf(context);
    // A key that may look must not take the person who made it out of the organization.
    if (userId === by) signedInOf(context);
    else assertMayManage(context);
    await this.departures.remove({ orgId: orgOf(context), userId, by }, context);
    return {};
  }

  @Serves(identity.ChooseDefaultOrg)
  async choose(_: InputOf<typeof identity.ChooseDefaultOrg>, context: RequestContext): Promise<OutputOf<typeof identity.ChooseDefaultOrg>> {
    const userId = signedInOf(context);
    const orgId = orgOf(context);
    const membership = await this.store.read(members).one({ orgId, userId });
    if (!membership) return refuse(memberNotFound);
    const { joinedAt } = membership;
    const command = { type: 'Choose', userId, orgId, joinedAt, at: now() } as const;
    refuse(await this.choice(`default-org-${userId}`, command, context, { input: { orgId } }));
    await this.snapshots.membersChanged(userId);
    return await this.member(orgId, userId);
  }

  private async member(orgId: OrgId, userId: UserId): Promise<identity.MemberView> {
    return (await memberOf(this.store, orgId, userId)) ?? refuse(memberNotFound);
  }
}

const assertMayManage = ({ principal }: RequestContext): void => {
  if (!permissionsOf(principal).includes('members:manage')) refuse({ code: 'Forbidden', details: { needs: 'members:manage' } });
};
