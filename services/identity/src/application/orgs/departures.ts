import { type identity, instantOf, type OrgId, type RequestContext, type UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { type Command, Org } from '../../domain/orgs/org.ts';
import { Space, type Event as SpaceEvent } from '../../domain/spaces/space.ts';
import { mostSpaces } from '../../views/orgs/org-snapshots.ts';
import { orgs } from '../../views/orgs/orgs.view.ts';
import { spaceMembers } from '../../views/spaces.view.ts';
import type { Snapshots } from '../snapshots.ts';
import { spaceStream } from '../spaces/space-stream.ts';
import { type Part, part, type Together, within } from '../together.ts';
import { orgStream } from './orgs.ts';

type Reason = Extract<SpaceEvent, { type: 'SpaceMemberLeft' }>['data']['reason'];

export interface Leaving {
  readonly orgId: OrgId;
  readonly userId: UserId;
  readonly by: UserId;
}

export interface Person {
  readonly userId: UserId;
  readonly email: string;
}

const pageRows = 500;
const now = () => instantOf(systemClock.now());

/** People leave an organization, and with it all its spaces. */
export class Departures {
  constructor(
    private readonly store: EventStore,
    private readonly together: Together,
    private readonly snapshots: Snapshots,
  ) {}

  /** Out of the organization and of each of its spaces at once. */
  async remove({ orgId, userId, by }: Leaving, context: RequestContext): Promise<void> {
    const command: Command = { type: 'Remove', userId, by, at: now() };
    await this.leave(orgId, userId, { command, reason: 'left-org' }, context);
  }

  /** The same without a trace: of a person who is being erased. */
  async forget(orgId: OrgId, { userId, email }: Person, context: RequestContext): Promise<void> {
    await this.leave(orgId, userId, { command: { type: 'Forget', userId, email, at: now() }, reason: 'erased' }, context);
  }

  private async leave(
    orgId: OrgId,
    userId: UserId,
    { command, reason }: { readonly command: Command; readonly reason: Reason },
    context: RequestContext,
  ): Promise<void> {
    const own = await this.spacesOf(userId, orgId);
    const stream = orgStream(orgId);
    const parts = [part(Org, stream, command), ...own.map((spaceId) => outOf(spaceId, { orgId, userId, reason }))];
    refuse(await this.together.commit({ name: 'leave-org', parts, input: { orgId, userId }, answer: null }, stream, context));
    await this.snapshots.membersChanged(userId);
  }

  private async spacesOf(userId: UserId, orgId: OrgId): Promise<readonly identity.SpaceId[]> {
    const where = { userId, orgId };
    const rows = await this.store.read(spaceMembers).list({ where, order: { by: ['spaceId'] }, limit: mostSpaces * 2 });
    return rows.map(({ spaceId }) => spaceId);
  }

  /** Out of spaces of organizations that the person is no member of. */
  async forgetGuest(userId: UserId, context: RequestContext): Promise<void> {
    const rows = await this.store.read(spaceMembers).list({ where: { userId }, order: { by: ['spaceId'] }, limit: pageRows });
    for (const { spaceId, orgId } of rows) {
      const parts = [outOf(spaceId, { orgId, userId, reason: 'erased' })];
      refuse(await this.together.commit({ name: 'forget-guest', parts, answer: null }, spaceStream(spaceId), within(context, spaceId)));
    }
    await this.snapshots.membersChanged(userId);
  }

  /** The address may stand on bills of organizations that the person is no member of. */
  async forgetOnBills({ userId, email }: Person, context: RequestContext): Promise<void> {
    const rows = await this.store.read(orgs).list({ where: { billingEmail: email }, order: { by: ['id'] }, limit: pageRows });
    for (const { id } of rows) {
      const parts = [part(Org, orgStream(id), { type: 'Forget', userId, email, at: now() })];
      refuse(await this.together.commit({ name: 'forget-on-bills', parts, answer: null }, orgStream(id), within(context, id)));
    }
  }
}

const outOf = (
  spaceId: identity.SpaceId,
  { orgId, userId, reason }: { readonly orgId: OrgId; readonly userId: UserId; readonly reason: Reason },
): Part =>
  part(
    Space,
    spaceStream(spaceId),
    { type: 'Remove', orgId, userId, reason, by: null, at: now() },
    // Somebody else was quicker, and the wish is granted.
    { onRefusal: ({ code }) => (code === 'MemberNotFound' ? 'skip' : undefined) },
  );
