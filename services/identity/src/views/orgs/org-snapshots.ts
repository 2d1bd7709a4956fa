import type { identity, OrgId, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { administrators } from '../people/administrators.view.ts';
import { spaceMembers, spaces } from '../spaces.view.ts';
import { whereaboutsOf } from './memberships.ts';
import { orgs } from './orgs.view.ts';

/** How many spaces an organization may have: a gateway holds the ids of all in memory. */
export const mostSpaces = 500;
/** Races may lead past a limit by a few; whatever there is counts. */
const slack = 2;

const grouped = <K, V>(keys: readonly K[]): Map<K, V[]> => new Map(keys.map((key) => [key, []]));

/** What gateways must know of these organizations; of one that is gone, nothing. */
export const orgSnapshotsOf = async (store: EventStore, ids: readonly OrgId[]): Promise<readonly identity.OrgSnapshot[]> => {
  const [rows, found] = await Promise.all([
    store.read(orgs).list({ where: { id: { in: ids } }, order: { by: ['id'] }, limit: ids.length }),
    store
      .read(spaces)
      .list({ where: { orgId: { in: ids }, isDeleted: false }, order: { by: ['id'] }, limit: ids.length * mostSpaces * slack }),
  ]);
  const byOrg = grouped<OrgId, identity.SpaceId>(ids);
  for (const { id, orgId } of found) byOrg.get(orgId)?.push(id);
  return rows.map(({ id, slug, isSuspended }) => ({ orgId: id, slug, isSuspended, spaces: byOrg.get(id) ?? [] }));
};

/** What gateways must know of these people; of one who is nowhere, nothing. */
export const memberSnapshotsOf = async (store: EventStore, ids: readonly UserId[]): Promise<readonly identity.MemberSnapshot[]> => {
  const [{ memberships, defaults }, found, appointed] = await Promise.all([
    whereaboutsOf(store, ids),
    store.read(spaceMembers).list({ where: { userId: { in: ids } }, order: { by: ['spaceId'] }, limit: ids.length * mostSpaces * slack }),
    store.read(administrators).list({ where: { userId: { in: ids } }, order: { by: ['userId'] }, limit: ids.length }),
  ]);
  const isAdministrator = new Set(appointed.map(({ userId }) => userId));
  const byUser = grouped<UserId, identity.MemberSnapshot['spaces'][number]>(ids);
  for (const { userId, spaceId, orgId, permissions } of found) byUser.get(userId)?.push({ spaceId, orgId, permissions });
  return ids.flatMap((userId) => {
    const places = { memberships: memberships.get(userId) ?? [], spaces: byUser.get(userId) ?? [] };
    if (places.memberships.length + places.spaces.length === 0 && !isAdministrator.has(userId)) return [];
    const held = places.memberships.map(({ orgId, role }) => ({ orgId, role }));
    const who = { userId, defaultOrgId: defaults.get(userId) ?? null, memberships: held, spaces: places.spaces };
    return [isAdministrator.has(userId) ? { ...who, isAdministrator: true as const } : who];
  });
};
