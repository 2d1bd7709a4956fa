import type { InputOf, identity, OrgId, OutputOf, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { orgs } from './orgs.view.ts';
import { members } from './people.view.ts';

type Org = identity.OrgView;

const orgsById = async (store: EventStore, ids: readonly OrgId[]): Promise<ReadonlyMap<OrgId, Org>> => {
  const rows = await store.read(orgs).list({ where: { id: { in: ids } }, order: { by: ['id'] }, limit: ids.length });
  return new Map(rows.map((org) => [org.id, org]));
};

/** More organizations than anybody is a member of; a gateway holds all of a person's in memory. */
const mostMemberships = 1_000;

/** What a gateway must know of a person's memberships. */
export const membershipsOf = async (store: EventStore, userId: UserId): Promise<identity.MemberSnapshot> => {
  const rows = await store.read(members).list({ where: { userId }, order: { by: ['joinedAt'] }, limit: mostMemberships });
  const byId = await orgsById(
    store,
    rows.map(({ orgId }) => orgId),
  );
  const memberships = rows.flatMap(({ orgId, role, isDefault }) => {
    const org = byId.get(orgId);
    return org ? [{ orgId, slug: org.slug, role, isDefault }] : [];
  });
  return { userId, memberships };
};

/** The organizations of a person, in the order in which they joined them. */
export const listOrgsOf = async (
  store: EventStore,
  userId: UserId,
  { limit, cursor }: InputOf<typeof identity.ListOrgs>,
): Promise<OutputOf<typeof identity.ListOrgs>> => {
  const page = await store.read(members).page({ where: { userId }, order: { by: ['joinedAt'] }, limit, cursor });
  const byId = await orgsById(
    store,
    page.items.map(({ orgId }) => orgId),
  );
  const items = page.items.flatMap(({ orgId, role, isDefault }) => {
    const org = byId.get(orgId);
    return org ? [{ ...org, role, isDefault }] : [];
  });
  return { ...page, items };
};
