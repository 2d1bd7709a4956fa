import { instantOf, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { type State, secretOf } from '../../domain/invites/invite.ts';
import { Org } from '../../domain/orgs/org.ts';
import { Space } from '../../domain/spaces/space.ts';
import { assertRoomFor } from '../../views/orgs/memberships.ts';
import { orgStream } from '../orgs/orgs.ts';
import { spaceStream } from '../spaces/space-stream.ts';
import { type Part, part, type Together } from '../together.ts';
import type { Tries } from '../tries/tries.ts';
import type { Addressee } from './addressee.ts';
import type { Presented } from './invite-tokens.ts';
import type { Invites } from './invites.ts';

type Known = Exclude<State, { status: 'Absent' }>;

/** An invite that somebody has opened, and with which of its secrets; with none it lies in their own list. */
export interface ShownInvite extends Presented {
  readonly state: Known;
  readonly secret: 'shown' | 'mailed' | undefined;
}

const inviteNotFound = { code: 'InviteNotFound', details: {} } as const;
const now = () => instantOf(systemClock.now());

/** Invites as those see them to whom they are addressed. */
export class ReceivedInvites {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly invites: Invites,
    private readonly tries: Tries,
  ) {}

  /** The invite that a token opens; or that lies in the list of this person, who then needs to name its id alone. */
  async open(token: string, addressee: Addressee | undefined, context: RequestContext): Promise<ShownInvite> {
    const presented = this.invites.parse(token);
    if (!presented) return await this.forged(context);
    const { inviteId, secretHash } = presented;
    const look = async (): Promise<Known | undefined> => {
      const state = await this.invites.stateOf(inviteId);
      if (state.status === 'Absent') return undefined;
      const isListed = secretHash === null && addressee?.isEmailVerified === true && addressee.email === state.email;
      return isListed || secretOf(state, secretHash) ? state : undefined;
    };
    const state = await this.tries.check('invite', inviteId, context, look);
    return state ? { ...presented, state, secret: secretOf(state, secretHash) } : refuse(inviteNotFound);
  }

  /** The invite of somebody who has no account yet, and means to have one with this address. */
  async openFor(token: string, email: string, context: RequestContext): Promise<ShownInvite> {
    const shown = await this.open(token, undefined, context);
    return shown.state.email === email ? shown : refuse({ code: 'InviteForAnother', details: {} });
  }

  /** Made up: there is nothing to look for, and whoever goes on has to wait. */
  private async forged(context: RequestContext): Promise<never> {
    await this.tries.guardAddress('invite', context);
    await this.tries.failed('invite', context);
    return refuse(inviteNotFound);
  }

  /** The person joins, and the invite is used: both or neither. */
  async accept(token: string, addressee: Addressee, context: RequestContext): Promise<Known> {
    const shown = await this.open(token, addressee, context);
    const { orgId, role } = shown.state;
    if (role !== null) await assertRoomFor(this.store, addressee.userId);
    const joint = { name: 'accept-invite', parts: this.joining(shown, addressee), input: { inviteId: shown.inviteId }, answer: null };
    // One wish may accept several: each is a command of its own.
    const own = { ...context, orgId, commandId: `${context.commandId}/${shown.inviteId}` };
    refuse(await this.together.commit(joint, orgStream(orgId), own));
    return shown.state;
  }

  async decline(token: string, addressee: Addressee, context: RequestContext): Promise<void> {
    const { inviteId, secretHash, state } = await this.open(token, addressee, context);
    const parts = [this.invites.part(inviteId, { type: 'Decline', ...addressee, secretHash, at: now() })];
    const joint = { name: 'decline-invite', parts, input: { inviteId }, answer: null };
    refuse(await this.together.commit(joint, orgStream(state.orgId), { ...context, orgId: state.orgId }));
  }

  /** What an accepted invite does, in each stream that has a part in it. */
  joining({ inviteId, secretHash, state }: ShownInvite, addressee: Addressee): readonly Part[] {
    const { orgId, role, space } = state;
    const { userId } = addressee;
    const at = now();
    const answer = this.invites.part(inviteId, { type: 'Accept', ...addressee, secretHash, at });
    const org = role === null ? ({ type: 'Vouch', by: null } as const) : ({ type: 'Join', userId, role, inviteId, at } as const);
    const admit = space && part(Space, spaceStream(space.spaceId), { type: 'Admit', orgId, userId, permissions: space.permissions, at });
    return [answer, part(Org, orgStream(orgId), org), ...(admit ? [admit] : [])];
  }
}
