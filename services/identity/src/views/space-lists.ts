import type { InputOf, identity, OrgId, OutputOf, UserId } from '@orrery/contracts';
import type { EventStore, TableRow } from '@orrery/event-store';
import { users } from './people.view.ts';
import { spaceMembers, spaces, spaceViewOf } from './spaces.view.ts';

type Page = Pick<InputOf<typeof identity.ListSpaceMembers>, 'limit' | 'cursor'>;

const most = 1_000;

/** The spaces of an organization, or of those the ones that somebody is in. */
export const spacesOf = async (
  store: EventStore,
  orgId: OrgId,
  { limit, cursor, after, memberOnly }: InputOf<typeof identity.ListSpaces> & { readonly memberOnly: UserId | undefined },
): Promise<OutputOf<typeof identity.ListSpaces>> => {
  const joined =
    memberOnly && (await store.read(spaceMembers).list({ where: { orgId, userId: memberOnly }, order: { by: ['spaceId'] }, limit: most }));
  const ids = joined?.map(({ spaceId }) => spaceId).filter((id) => after === undefined || id > after);
  const id = ids ? { in: ids } : after === undefined ? undefined : { gt: after };
  const page = await store.read(spaces).page({ where: { orgId, isDeleted: false, id }, order: { by: ['id'] }, limit, cursor });
  return { ...page, items: page.items.map(spaceViewOf) };
};

const shown = async (store: EventStore, rows: readonly TableRow<typeof spaceMembers>[]): Promise<identity.SpaceMemberView[]> => {
  const ids = rows.map(({ userId }) => userId);
  const people = await store.read(users).list({ where: { id: { in: ids } }, order: { by: ['id'] }, limit: ids.length });
  const byId = new Map(people.map((person) => [person.id, person]));
  return rows.flatMap(({ userId, permissions }) => {
    const person = byId.get(userId);
    return person ? [{ userId, email: person.email, name: person.name, permissions }] : [];
  });
};

export const spaceMembersOf = async (
  store: EventStore,
  spaceId: identity.SpaceId,
  { limit, cursor }: Page,
): Promise<OutputOf<typeof identity.ListSpaceMembers>> => {
  const page = await store.read(spaceMembers).page({ where: { spaceId }, order: { by: ['userId'] }, limit, cursor });
  return { ...page, items: await shown(store, page.items) };
};

export const spaceMemberOf = async (
  store: EventStore,
  spaceId: identity.SpaceId,
  userId: UserId,
): Promise<identity.SpaceMemberView | undefined> => {
  const row = await store.read(spaceMembers).one({ spaceId, userId });
  return row && (await shown(store, [row]))[0];
};

/** Where somebody was invited to, in whatever organization. */
export const joinedSpacesOf = async (store: EventStore, userId: UserId): Promise<OutputOf<typeof identity.GetStanding>['spaces']> => {
  const rows = await store.read(spaceMembers).list({ where: { userId }, order: { by: ['spaceId'] }, limit: most });
  const ids = rows.map(({ spaceId }) => spaceId);
  const found = await store.read(spaces).list({ where: { id: { in: ids }, isDeleted: false }, order: { by: ['id'] }, limit: ids.length });
  const byId = new Map(rows.map((row) => [row.spaceId, row]));
  return found.flatMap(({ id, orgId, name }) => {
    const row = byId.get(id);
    return row ? [{ id, orgId, name, permissions: row.permissions }] : [];
  });
};
