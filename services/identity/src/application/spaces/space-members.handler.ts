import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, type OutputOf, type RequestContext, type UserId } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type Command, Space } from '../../domain/spaces/space.ts';
import { members } from '../../views/orgs/members.view.ts';
import { spaceMemberOf, spaceMembersOf } from '../../views/space-lists.ts';
import { spaceMembers } from '../../views/spaces.view.ts';
import { callerOf, orgOf, signedInOf } from '../caller.ts';
import { Snapshots } from '../snapshots.ts';
import { part, Together } from '../together.ts';
import { SpaceAccess } from './space-access.ts';
import { spaceStream } from './space-stream.ts';

const memberNotFound = { code: 'MemberNotFound', details: {} } as const;
const now = () => instantOf(systemClock.now());

/** Who is in a space, and what they may there. */
@Controller()
export class SpaceMembersHandler {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly access: SpaceAccess,
    private readonly snapshots: Snapshots,
  ) {}

  @Serves(identity.ListSpaceMembers)
  async list(
    { spaceId, limit, cursor }: InputOf<typeof identity.ListSpaceMembers>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListSpaceMembers>> {
    await this.access.visible(spaceId, context);
    return await spaceMembersOf(this.store, spaceId, { limit, cursor });
  }

  @Serves(identity.SetSpacePermissions)
  async permit(
    input: InputOf<typeof identity.SetSpacePermissions>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.SetSpacePermissions>> {
    return await this.give('Permit', input, context);
  }

  @Serves(identity.AddSpacePermissions)
  async add(
    input: InputOf<typeof identity.AddSpacePermissions>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.AddSpacePermissions>> {
    const { spaceId, userId } = input;
    const [guest, member] = await Promise.all([
      this.store.read(spaceMembers).one({ spaceId, userId }),
      this.store.read(members).one({ orgId: orgOf(context), userId }),
    ]);
    // Strangers are invited.
    return guest || member ? await this.give('Admit', input, context) : refuse(memberNotFound);
  }

  @Serves(identity.RemoveSpaceMember)
  async remove(
    { spaceId, userId }: InputOf<typeof identity.RemoveSpaceMember>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RemoveSpaceMember>> {
    const by = callerOf(context);
    await this.assertMayRemove(spaceId, userId, context);
    const reason = userId === by ? 'left' : 'removed';
    await this.tell(spaceId, { type: 'Remove', orgId: orgOf(context), userId, reason, by, at: now() }, context);
    await this.snapshots.membersChanged(userId);
    return {};
  }

  private async give(
    type: 'Permit' | 'Admit',
    { spaceId, userId, permissions }: InputOf<typeof identity.SetSpacePermissions>,
    context: RequestContext,
  ): Promise<identity.SpaceMemberView> {
    await this.access.managed(spaceId, context);
    this.access.assertHeld(permissions, context);
    await this.tell(spaceId, { type, orgId: orgOf(context), userId, permissions, at: now() }, context);
    await this.snapshots.membersChanged(userId);
    return (await spaceMemberOf(this.store, spaceId, userId)) ?? refuse(memberNotFound);
  }

  private async assertMayRemove(spaceId: identity.SpaceId, userId: UserId, context: RequestContext): Promise<void> {
    if (userId === callerOf(context)) {
      // A key that may look must not take the person behind it out of the space.
      signedInOf(context);
      await this.access.visible(spaceId, context);
    } else await this.access.managed(spaceId, context);
  }

  private async tell(spaceId: identity.SpaceId, command: Exclude<Command, { type: 'Create' }>, context: RequestContext): Promise<void> {
    const stream = spaceStream(spaceId);
    const joint = { name: 'space', parts: [part(Space, stream, command)], input: { ...command, at: null }, answer: null };
    refuse(await this.together.commit(joint, stream, context));
  }
}
