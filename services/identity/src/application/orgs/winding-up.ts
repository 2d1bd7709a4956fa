import { type identity, instantOf, type OrgId, type RequestContext } from '@orrery/contracts';
import { type EventStore, erasePerson } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { Org } from '../../domain/orgs/org.ts';
import { Space } from '../../domain/spaces/space.ts';
import { invites } from '../../views/invites.view.ts';
import { members } from '../../views/orgs/members.view.ts';
import { spaceMembers, spaces } from '../../views/spaces.view.ts';
import type { Invites } from '../invites/invites.ts';
import type { Snapshots } from '../snapshots.ts';
import { spaceStream } from '../spaces/space-stream.ts';
import { part, type Together, within } from '../together.ts';
import { orgStream } from './orgs.ts';

const atOnce = 200;
const byId = { by: ['id'] } as const;
const now = () => instantOf(systemClock.now());

/** What a deleted organization leaves behind goes, piece by piece. Each step may be repeated, and so may the whole. */
export class WindingUp {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly invites: Invites,
    private readonly snapshots: Snapshots,
  ) {}

  async windUp(orgId: OrgId, context: RequestContext): Promise<void> {
    const own = { ...context, orgId };
    await this.snapshots.orgChanged(orgId);
    await this.releaseMembers(orgId, own);
    await this.closeSpaces(orgId, own);
    const addressed = await this.revokeInvites(orgId, own);
    await erasePerson(this.store, orgId, ...addressed);
  }

  private async releaseMembers(orgId: OrgId, context: RequestContext): Promise<void> {
    for (;;) {
      const left = await this.store.read(members).list({ where: { orgId }, order: { by: ['joinedAt'] }, limit: atOnce });
      if (left.length === 0) return;
      const parts = [part(Org, orgStream(orgId), { type: 'Disband', userIds: left.map(({ userId }) => userId), at: now() })];
      // Ended by its own effect: the members whom it releases are not found again.
      const joint = { name: 'disband', parts, answer: null };
      refuse(await this.together.commit(joint, orgStream(orgId), within(context, `members/${left[0]?.userId}`)));
      for (const { userId } of left) await this.snapshots.membersChanged(userId);
    }
  }

  private async closeSpaces(orgId: OrgId, context: RequestContext): Promise<void> {
    for (;;) {
      const open = await this.store.read(spaces).list({ where: { orgId, isDeleted: false }, order: byId, limit: atOnce });
      const guests = await this.store.read(spaceMembers).list({ where: { orgId }, order: { by: ['spaceId'] }, limit: atOnce });
      if (open.length + guests.length === 0) return;
      for (const { id } of open) await this.tell(id, { type: 'Delete', orgId, by: null, at: now() }, within(context, `delete/${id}`));
      for (const { spaceId, userId } of guests) {
        const remove = { type: 'Remove', orgId, userId, reason: 'left-org', by: null, at: now() } as const;
        await this.tell(spaceId, remove, within(context, `${spaceId}/${userId}`));
        await this.snapshots.membersChanged(userId);
      }
    }
  }

  private async tell(spaceId: identity.SpaceId, command: Parameters<typeof Space.decide>[0], context: RequestContext): Promise<void> {
    const stream = spaceStream(spaceId);
    const parts = [part(Space, stream, command, { onRefusal: ({ code }) => (code === 'MemberNotFound' ? 'skip' : undefined) })];
    refuse(await this.together.commit({ name: 'close-space', parts, answer: null }, stream, context));
  }

  /** Revokes those that are open; answers all, whose addresses go too. */
  private async revokeInvites(orgId: OrgId, context: RequestContext): Promise<readonly string[]> {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await this.store.read(invites).page({ where: { orgId }, order: byId, limit: atOnce, cursor });
      for (const { id, status } of page.items) {
        if (status === 'pending') await this.invites.revoke({ inviteId: id, orgId, by: null }, within(context, id));
        found.push(id);
      }
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return found;
  }
}
