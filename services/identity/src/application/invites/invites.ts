import { identity, instantOf, newId, type OrgId, type RequestContext, type UserId } from '@orrery/contracts';
import { ClaimTaken, type EventStore, stateOf } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { type Command, holdsOf, Invite, type State, statusAt } from '../../domain/invites/invite.ts';
import { invites } from '../../views/invites.view.ts';
import { type Part, part, type Together } from '../together.ts';
import type { InvitePost } from './invite-post.ts';
import { type InviteTokens, inviteStream, type Presented } from './invite-tokens.ts';

export interface Invitation {
  readonly orgId: OrgId;
  readonly email: string;
  readonly role: identity.InvitableRole | null;
  readonly space: identity.SpaceGrant | null;
  readonly invitedBy: UserId;
}

/** What the letter calls the place. */
export interface Called {
  readonly org: string;
  readonly space: string | null;
}

export interface Made {
  readonly inviteId: identity.InviteId;
  /** For whoever invited; another one goes to the mailbox, and nowhere else. */
  readonly token: string;
}

export const inviteDays = 7;
const dayMs = 86_400_000;
/** Open invites of an organization: each is a letter to somebody who may not have asked for it. */
export const mostOpenInvites = 500;

/** Every command to an invite goes through here: what it holds for itself is taken and let go with its facts. */
export class Invites {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly tokens: InviteTokens,
    private readonly post: InvitePost,
  ) {}

  /** Asks somebody, if nobody else has: `judge` must agree. Undefined where an invite is open already. */
  async create(invitation: Invitation, called: Called, judge: Part, context: RequestContext): Promise<Made | undefined> {
    const inviteId = newId(identity.InviteId);
    const now = systemClock.now();
    const [shown, mailed] = [this.tokens.mint(inviteId), this.tokens.mint(inviteId)];
    const times = { at: instantOf(now), expiresAt: instantOf(now + inviteDays * dayMs) };
    const command = { type: 'Create', inviteId, ...invitation, shownHash: shown.hash, mailedHash: mailed.hash, ...times } as const;
    const { orgId, email, role, space } = invitation;
    const hold = { orgId, email, spaceId: space?.spaceId ?? null };
    const parts = [judge, ...(await this.expiryOf(this.tokens.keyOf(hold))), this.part(inviteId, command)];
    const writes = [this.post.slip({ to: email, role, ...called, token: mailed.token, expiresAt: times.expiresAt })];
    const answer: Made = { inviteId, token: shown.token };
    const joint = { name: 'create-invite', parts, writes, input: { email, role, space }, answer, sealed: true };
    try {
      const made = refuse(await this.together.commit(joint, inviteStream(inviteId), context));
      this.post.collect();
      return made.answer;
    } catch (error) {
      if (error instanceof ClaimTaken && error.scope === 'invite') return undefined;
      throw error;
    }
  }

  parse(token: string): Presented | undefined {
    return this.tokens.parse(token);
  }

  async assertRoom(orgId: OrgId, more: number): Promise<void> {
    const open = await this.store.read(invites).count({ orgId, status: 'pending', expiresAt: { gt: instantOf(systemClock.now()) } });
    if (open + more > mostOpenInvites) refuse({ code: 'TooManyInvites', details: { limit: mostOpenInvites } });
  }

  async revoke(
    { inviteId, orgId, by }: { readonly inviteId: identity.InviteId; readonly orgId: OrgId; readonly by: UserId | null },
    context: RequestContext,
  ): Promise<void> {
    const command = { type: 'Revoke', orgId, by, at: instantOf(systemClock.now()) } as const;
    const joint = { name: 'revoke-invite', parts: [this.part(inviteId, command)], input: { inviteId }, answer: null };
    refuse(await this.together.commit(joint, inviteStream(inviteId), context));
  }

  /** Notes what time has done, so that the address is free again. */
  async expire(inviteId: identity.InviteId, context: RequestContext): Promise<void> {
    const command = { type: 'Expire', at: instantOf(systemClock.now()) } as const;
    const joint = { name: 'expire-invite', parts: [this.part(inviteId, command)], answer: null };
    refuse(await this.together.commit(joint, inviteStream(inviteId), context));
  }

  /** The part of an invite in what happens in several streams at once. */
  part(inviteId: identity.InviteId, command: Command): Part {
    const stream = inviteStream(inviteId);
    return part(Invite, stream, command, { claims: (events, { after }) => this.tokens.claimsOf(stream, holdsOf(events, after)) });
  }

  async stateOf(inviteId: identity.InviteId): Promise<State> {
    return (await stateOf(this.store, Invite, inviteStream(inviteId))).state;
  }

  /** An invite that time has ended still holds the address until somebody notes it: whoever comes next does. */
  private async expiryOf(key: string): Promise<readonly Part[]> {
    const holder = await this.store.holderOf('invite', key);
    const inviteId = identity.InviteId.safeParse(holder?.slice('invite-'.length));
    if (!inviteId.success) return [];
    const at = instantOf(systemClock.now());
    const state = await this.stateOf(inviteId.data);
    const isOver = state.status !== 'Absent' && statusAt(state, at) === 'expired';
    return isOver ? [this.part(inviteId.data, { type: 'Expire', at })] : [];
  }
}
