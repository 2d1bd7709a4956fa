import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { invites } from '../../views/invites.view.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { findByEmail } from '../../views/people.view.ts';
import { type SpaceRow, spaceMembers } from '../../views/spaces.view.ts';
import { callerOf, orgOf } from '../caller.ts';
import { InvitePost } from '../invites/invite-post.ts';
import { Invites } from '../invites/invites.ts';
import { orgStream } from '../orgs/orgs.ts';
import { part } from '../together.ts';
import { SpaceAccess } from './space-access.ts';

@Controller()
export class SpaceInvitesHandler {
  constructor(
    private readonly store: EventStore,
    private readonly access: SpaceAccess,
    private readonly invites: Invites,
    private readonly post: InvitePost,
  ) {}

  @Serves(identity.InviteToSpace)
  async invite(input: InputOf<typeof identity.InviteToSpace>, context: RequestContext): Promise<OutputOf<typeof identity.InviteToSpace>> {
    const { spaceId, permissions } = input;
    const space = await this.access.managed(spaceId, context);
    this.access.assertHeld(permissions, context);
    const emails = [...new Set(input.emails)];
    await this.invites.assertRoom(space.orgId, emails.length);
    const invited: string[] = [];
    for (const [index, email] of emails.entries()) {
      const own = { ...context, commandId: `${context.commandId}/${index}` };
      if (await this.inviteOne(space, { email, permissions }, own)) invited.push(email);
    }
    return { emails: invited };
  }

  private async inviteOne(
    space: SpaceRow,
    { email, permissions }: { readonly email: string; readonly permissions: identity.SpaceGrant['permissions'] },
    context: RequestContext,
  ): Promise<boolean> {
    const orgId = orgOf(context);
    const person = await findByEmail(this.store, email);
    if (person && (await this.store.read(spaceMembers).one({ spaceId: space.id, userId: person.id }))) return false;
    const grant = { spaceId: space.id, permissions };
    const judges = [part(Org, orgStream(orgId), { type: 'Vouch', by: null })];
    const made = await this.invites.create({ orgId, email, role: null, space: grant, invitedBy: callerOf(context) }, judges, context);
    if (!made) return false;
    const [row, org] = await Promise.all([this.store.read(invites).one({ id: made.inviteId }), this.store.read(orgs).one({ id: orgId })]);
    if (row && org && made.mailed !== undefined) {
      await this.post.send({ row, org: org.name, space: space.name, token: made.mailed }, context);
    }
    return true;
  }
}
