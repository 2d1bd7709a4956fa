import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OrgId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { invites, inviteViewOf } from '../../views/invites.view.ts';
import { members } from '../../views/orgs/members.view.ts';
import { findByEmail } from '../../views/people.view.ts';
import { callerOf, orgOf } from '../caller.ts';
import { Orgs, orgStream } from '../orgs/orgs.ts';
import { part } from '../together.ts';
import { Invites } from './invites.ts';

const alreadyPending = { code: 'InviteAlreadyPending', details: {} } as const;

/** Invites as their organization sees them. */
@Controller()
export class InvitesHandler {
  constructor(
    private readonly store: EventStore,
    private readonly orgs: Orgs,
    private readonly invites: Invites,
  ) {}

  @Serves(identity.CreateInvite)
  async create(input: InputOf<typeof identity.CreateInvite>, context: RequestContext): Promise<OutputOf<typeof identity.CreateInvite>> {
    const orgId = orgOf(context);
    const { email, role } = input;
    const { name } = await this.orgs.find(orgId);
    await this.assertStranger(orgId, email);
    await this.invites.assertRoom(orgId, 1);
    const invitedBy = callerOf(context);
    const judge = part(Org, orgStream(orgId), { type: 'Vouch', by: invitedBy });
    const invitation = { orgId, email, role, space: null, invitedBy };
    const made = await this.invites.create(invitation, { org: name, space: null }, judge, context);
    if (!made) return refuse(alreadyPending);
    const row = await this.store.read(invites).one({ id: made.inviteId });
    if (!row) throw new TypeError('an invite that was just made is there');
    return { ...inviteViewOf(row), token: made.token };
  }

  @Serves(identity.ListInvites)
  async list(
    { limit, cursor }: InputOf<typeof identity.ListInvites>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListInvites>> {
    const where = { orgId: orgOf(context) };
    const page = await this.store.read(invites).page({ where, order: { by: ['id'], direction: 'desc' }, limit, cursor });
    return { ...page, items: page.items.map((row) => inviteViewOf(row)) };
  }

  @Serves(identity.RevokeInvite)
  async revoke(
    { inviteId }: InputOf<typeof identity.RevokeInvite>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.RevokeInvite>> {
    await this.invites.revoke({ inviteId, orgId: orgOf(context), by: callerOf(context) }, context);
    return {};
  }

  private async assertStranger(orgId: OrgId, email: string): Promise<void> {
    const person = await findByEmail(this.store, email);
    if (person && (await this.store.read(members).one({ orgId, userId: person.id }))) refuse({ code: 'AlreadyMember', details: {} });
  }
}
