import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { Serves } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { findByEmail } from '../../views/people.view.ts';
import { type SpaceRow, spaceMembers } from '../../views/spaces.view.ts';
import { callerOf, orgOf } from '../caller.ts';
import { Invites } from '../invites/invites.ts';
import { Orgs, orgStream } from '../orgs/orgs.ts';
import { part } from '../together.ts';
import { SpaceAccess } from './space-access.ts';

@Controller()
export class SpaceInvitesHandler {
  constructor(
    private readonly store: EventStore,
    private readonly orgs: Orgs,
    private readonly access: SpaceAccess,
    private readonly invites: Invites,
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
    const judge = part(Org, orgStream(orgId), { type: 'Vouch', by: null });
    const invitation = { orgId, email, role: null, space: grant, invitedBy: callerOf(context) };
    const { name: org } = await this.orgs.find(orgId);
    return (await this.invites.create(invitation, { org, space: space.name }, judge, context)) !== undefined;
  }
}
