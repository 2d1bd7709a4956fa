import type { OrgId, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import { members } from '../orgs/members.view.ts';
import { users } from '../people.view.ts';

/** Somebody's word for a secret of a key: the organization's where it has one, else their own. */
export interface Answering {
  readonly orgId: OrgId | null;
  readonly userId: UserId;
}

const pair = (orgId: string, userId: string): string => `${orgId} ${userId}`;

/** Those of these people who exist and are not deactivated. */
export const activeOf = async (store: EventStore, ids: readonly UserId[]): Promise<ReadonlySet<string>> => {
  const distinct = [...new Set(ids)];
  if (distinct.length === 0) return new Set();
  const where = { id: { in: distinct }, isActive: true };
  const found = await store.read(users).list({ where, order: { by: ['id'] }, limit: distinct.length });
  return new Set(found.map(({ id }) => id));
};

/** Of each, whether it counts: they are active, and a member where the key belongs. */
export const answeredFor = async (store: EventStore, all: readonly Answering[]): Promise<readonly boolean[]> => {
  const active = await activeOf(
    store,
    all.map(({ userId }) => userId),
  );
  const inOrgs = all.flatMap(({ orgId, userId }) => (orgId === null ? [] : [{ orgId, userId }]));
  const held = await membershipsAmong(store, inOrgs);
  return all.map(({ orgId, userId }) => active.has(userId) && (orgId === null || held.has(pair(orgId, userId))));
};

const membershipsAmong = async (
  store: EventStore,
  pairs: readonly { readonly orgId: OrgId; readonly userId: UserId }[],
): Promise<ReadonlySet<string>> => {
  const orgIds = [...new Set(pairs.map(({ orgId }) => orgId))];
  const userIds = [...new Set(pairs.map(({ userId }) => userId))];
  if (pairs.length === 0) return new Set();
  const where = { orgId: { in: orgIds }, userId: { in: userIds } };
  const found = await store.read(members).list({ where, order: { by: ['joinedAt'] }, limit: orgIds.length * userIds.length });
  return new Set(found.map(({ orgId, userId }) => pair(orgId, userId)));
};
