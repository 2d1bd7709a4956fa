import type { InputOf, identity, OrgId, OutputOf, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { refuse } from '@orrery/messaging';
import { defaultOf } from '../../domain/orgs/default-org.ts';
import { users } from '../people.view.ts';
import { defaultOrgs, type Member, members } from './members.view.ts';
import { orgs } from './orgs.view.ts';

type Org = identity.OrgView;

/** How many organizations somebody may be in; a gateway holds all of them in memory. */
export const mostMemberships = 200;

/** Refuses where somebody is in as many organizations as anybody may be. */
export const assertRoomFor = async (store: EventStore, userId: UserId): Promise<void> => {
  if ((await store.read(members).count({ userId })) >= mostMemberships)
    refuse({ code: 'TooManyOrgs', details: { limit: mostMemberships } });
};

const orgsById = async (store: EventStore, ids: readonly OrgId[]): Promise<ReadonlyMap<OrgId, Org>> => {
  const rows = await store.read(orgs).list({ where: { id: { in: ids } }, order: { by: ['id'] }, limit: ids.length });
  return new Map(rows.map((org) => [org.id, org]));
};

const joinedOrder = { by: ['joinedAt'] } as const;

/** Where each of these people is, in organizations that still exist. */
const membershipsOf = async (store: EventStore, people: readonly UserId[]): Promise<ReadonlyMap<UserId, readonly Member[]>> => {
  // A race may lead somebody past the limit by a few; whoever they are, each of their memberships counts.
  const limit = people.length * mostMemberships * 2;
  const rows = await store.read(members).list({ where: { userId: { in: people } }, order: joinedOrder, limit });
  const existing = await orgsById(store, [...new Set(rows.map(({ orgId }) => orgId))]);
  const byUser = new Map<UserId, Member[]>(people.map((userId) => [userId, []]));
  for (const row of rows) if (existing.has(row.orgId)) byUser.get(row.userId)?.push(row);
  return byUser;
};

export interface Whereabouts {
  readonly memberships: ReadonlyMap<UserId, readonly Member[]>;
  /** Of each person the organization that is meant where a request names none. */
  readonly defaults: ReadonlyMap<UserId, OrgId>;
}

export const whereaboutsOf = async (store: EventStore, people: readonly UserId[]): Promise<Whereabouts> => {
  const [memberships, choices] = await Promise.all([
    membershipsOf(store, people),
    store.read(defaultOrgs).list({ where: { userId: { in: people } }, order: { by: ['userId'] }, limit: people.length }),
  ]);
  const chosen = new Map(choices.map((choice) => [choice.userId, choice]));
  const defaults = new Map<UserId, OrgId>();
  for (const [userId, rows] of memberships) {
    const orgId = defaultOf(rows, chosen.get(userId));
    if (orgId !== undefined) defaults.set(userId, orgId);
  }
  return { memberships, defaults };
};

/** The organizations of a person, in the order in which they joined them; or of these one alone. */
export const listOrgsOf = async (
  store: EventStore,
  { userId, only }: { readonly userId: UserId; readonly only: OrgId | undefined },
  { limit, cursor }: InputOf<typeof identity.ListOrgs>,
): Promise<OutputOf<typeof identity.ListOrgs>> => {
  const where = only === undefined ? { userId } : { userId, orgId: only };
  const [page, { defaults }] = await Promise.all([
    store.read(members).page({ where, order: joinedOrder, limit, cursor }),
    whereaboutsOf(store, [userId]),
  ]);
  const byId = await orgsById(
    store,
    page.items.map(({ orgId }) => orgId),
  );
  const items = page.items.flatMap(({ orgId, role }) => {
    const org = byId.get(orgId);
    return org ? [{ ...org, role, isDefault: defaults.get(userId) === orgId }] : [];
  });
  return { ...page, items };
};

const shown = async (store: EventStore, rows: readonly Member[]): Promise<identity.MemberView[]> => {
  const ids = rows.map(({ userId }) => userId);
  const [people, { defaults }] = await Promise.all([
    store.read(users).list({ where: { id: { in: ids } }, order: { by: ['id'] }, limit: ids.length }),
    whereaboutsOf(store, ids),
  ]);
  const byId = new Map(people.map((person) => [person.id, person]));
  return rows.flatMap(({ orgId, userId, role, joinedAt }) => {
    const person = byId.get(userId);
    if (!person) return [];
    return [{ userId, email: person.email, name: person.name, role, isDefault: defaults.get(userId) === orgId, joinedAt }];
  });
};

export const memberOf = async (store: EventStore, orgId: OrgId, userId: UserId): Promise<identity.MemberView | undefined> => {
  const row = await store.read(members).one({ orgId, userId });
  return row && (await shown(store, [row]))[0];
};

export const membershipOf = async (store: EventStore, orgId: OrgId, userId: UserId): Promise<identity.MembershipView | undefined> => {
  const [org, member] = await Promise.all([store.read(orgs).one({ id: orgId }), memberOf(store, orgId, userId)]);
  return org && member && { ...org, role: member.role, isDefault: member.isDefault };
};

export const listMembersOf = async (
  store: EventStore,
  orgId: OrgId,
  { limit, cursor }: InputOf<typeof identity.ListMembers>,
): Promise<OutputOf<typeof identity.ListMembers>> => {
  const page = await store.read(members).page({ where: { orgId }, order: joinedOrder, limit, cursor });
  return { ...page, items: await shown(store, page.items) };
};
