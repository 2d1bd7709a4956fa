import type { identity } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { type InviteRow, inviteViewOf } from './invites.view.ts';
import { orgs } from './orgs/orgs.view.ts';
import { spaces } from './spaces.view.ts';

/** Invites as those see them who are invited; of an organization or a space that is gone, none. */
export const receivedInvitesOf = async (store: EventStore, rows: readonly InviteRow[]): Promise<identity.ReceivedInviteView[]> => {
  const orgIds = [...new Set(rows.map(({ orgId }) => orgId))];
  const spaceIds = rows.flatMap(({ spaceId }) => (spaceId === null ? [] : [spaceId]));
  const [foundOrgs, foundSpaces] = await Promise.all([
    store.read(orgs).list({ where: { id: { in: orgIds } }, order: { by: ['id'] }, limit: orgIds.length }),
    store.read(spaces).list({ where: { id: { in: spaceIds }, isDeleted: false }, order: { by: ['id'] }, limit: spaceIds.length }),
  ]);
  const byOrg = new Map(foundOrgs.map((org) => [org.id, org]));
  const bySpace = new Map(foundSpaces.map((space) => [space.id, space]));
  return rows.flatMap((row) => {
    const org = byOrg.get(row.orgId);
    const space = row.space && bySpace.get(row.space.spaceId);
    if (!org || (row.space && !space)) return [];
    const { id, email, role, status, createdAt, expiresAt } = inviteViewOf(row);
    const { slug, name } = org;
    return [
      {
        id,
        email,
        role,
        status,
        createdAt,
        expiresAt,
        org: { slug, name },
        space: space && row.space ? { id: space.id, name: space.name, permissions: row.space.permissions } : null,
      },
    ];
  });
};
