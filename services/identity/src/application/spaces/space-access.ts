import { type identity, type OrgId, permissionsOf, type RequestContext } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import { members } from '../../views/orgs/members.view.ts';
import { type SpaceRow, spaceMembers, spaces } from '../../views/spaces.view.ts';
import { callerOf, orgOf } from '../caller.ts';

export const spaceNotFound = { code: 'SpaceNotFound', details: {} } as const;

/** Says which spaces somebody has to do with. A space that is not theirs to see is as if it were not. */
export class SpaceAccess {
  constructor(private readonly store: EventStore) {}

  /** Whether the caller manages every space of the organization: by role, not because a space gave it for itself. */
  async managesAll(context: RequestContext): Promise<boolean> {
    if (!permissionsOf(context.principal).includes('spaces:manage')) return false;
    const member = await this.store.read(members).one({ orgId: orgOf(context), userId: callerOf(context) });
    return member?.role === 'owner' || member?.role === 'admin';
  }

  /** The space as its members and whoever manages it see it. */
  async visible(spaceId: identity.SpaceId, context: RequestContext): Promise<SpaceRow> {
    const row = await this.find(spaceId, orgOf(context));
    const sees = context.spaceId === spaceId || (await this.isIn(spaceId, context)) || (await this.managesAll(context));
    return row && !row.isDeleted && sees ? row : refuse(spaceNotFound);
  }

  /** The space for whoever may change it: the request was judged in it, or its organization is theirs to manage. */
  async managed(spaceId: identity.SpaceId, context: RequestContext): Promise<SpaceRow> {
    const row = await this.find(spaceId, orgOf(context));
    const manages =
      (context.spaceId === spaceId && permissionsOf(context.principal).includes('spaces:manage')) || (await this.managesAll(context));
    return row && manages ? row : refuse(spaceNotFound);
  }

  /** Nobody gives what they do not hold. */
  assertHeld(asked: readonly string[], context: RequestContext): void {
    const held: readonly string[] = permissionsOf(context.principal);
    const missing = asked.find((permission) => !held.includes(permission));
    if (missing !== undefined) refuse({ code: 'Forbidden', details: { needs: missing } });
  }

  private async isIn(spaceId: identity.SpaceId, context: RequestContext): Promise<boolean> {
    return (await this.store.read(spaceMembers).one({ spaceId, userId: callerOf(context) })) !== undefined;
  }

  private async find(id: identity.SpaceId, orgId: OrgId): Promise<SpaceRow | undefined> {
    return await this.store.read(spaces).one({ id, orgId });
  }
}
