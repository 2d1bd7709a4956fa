import { Controller } from '@nestjs/common';
import { type InputOf, identity, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { statusAt } from '../../domain/invites/invite.ts';
import { invites } from '../../views/invites.view.ts';
import { membershipOf } from '../../views/orgs/memberships.ts';
import { receivedInvitesOf } from '../../views/received-invites.ts';
import { Snapshots } from '../snapshots.ts';
import { addresseeOf } from './addressee.ts';
import { ReceivedInvites } from './received-invites.ts';

const now = () => instantOf(systemClock.now());

/** Invites as those see them to whom they are addressed. */
@Controller()
export class ReceivedInvitesHandler {
  constructor(
    private readonly store: EventStore,
    private readonly received: ReceivedInvites,
    private readonly snapshots: Snapshots,
  ) {}

  @Serves(identity.ListMyInvites)
  async mine(
    { limit, cursor }: InputOf<typeof identity.ListMyInvites>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.ListMyInvites>> {
    const { email, isEmailVerified } = await addresseeOf(this.store, context);
    // Whoever wrote somebody else's address into their account learns nothing by it.
    if (!isEmailVerified) return { items: [] };
    const where = { email, status: 'pending', expiresAt: { gt: now() } } as const;
    const page = await this.store.read(invites).page({ where, order: { by: ['id'], direction: 'desc' }, limit, cursor });
    return { ...page, items: await receivedInvitesOf(this.store, page.items) };
  }

  @Serves(identity.GetInvite)
  async get({ token }: InputOf<typeof identity.GetInvite>, context: RequestContext): Promise<OutputOf<typeof identity.GetInvite>> {
    const { inviteId, state } = await this.received.open(token, undefined, context);
    const row = await this.store.read(invites).one({ id: inviteId });
    const [found] = row ? await receivedInvitesOf(this.store, [row]) : [];
    // Its organization is gone, and so is what it was for.
    if (!found) return refuse({ code: 'InviteNotFound', details: {} });
    return statusAt(state, now()) === 'expired' ? refuse({ code: 'InviteExpired', details: {} }) : found;
  }

  @Serves(identity.AcceptInvite)
  async accept({ token }: InputOf<typeof identity.AcceptInvite>, context: RequestContext): Promise<OutputOf<typeof identity.AcceptInvite>> {
    const addressee = await addresseeOf(this.store, context);
    const { inviteId, orgId, role } = await this.received.accept(token, addressee, context);
    await this.snapshots.membersChanged(addressee.userId);
    const membership = role === null ? null : ((await membershipOf(this.store, orgId, addressee.userId)) ?? null);
    return { inviteId, membership };
  }

  @Serves(identity.DeclineInvite)
  async decline(
    { token }: InputOf<typeof identity.DeclineInvite>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.DeclineInvite>> {
    await this.received.decline(token, await addresseeOf(this.store, context), context);
    return {};
  }
}
