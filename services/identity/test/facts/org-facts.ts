import { identity, OrgId, type OrgRole, UserId } from '@orrery/contracts';
import type { Command, Event } from '../../src/domain/orgs/org.ts';

/** Facts for the tests of organizations. */
export const at = '2026-01-01T00:00:00.000Z';
const id = (last: number): string => `0199a000-0000-7000-8000-${String(last).padStart(12, '0')}`;
export const orgId = OrgId.parse(id(1));
export const [ada, bob, eve] = [UserId.parse(id(2)), UserId.parse(id(3)), UserId.parse(id(4))] as const;
export const inviteId = identity.InviteId.parse(id(5));

export const create: Extract<Command, { type: 'Create' }> = {
  type: 'Create',
  orgId,
  slug: 'acme',
  name: 'Acme',
  kind: 'team',
  billingEmail: null,
  createdBy: ada,
  at,
};
export const joined = (userId: UserId, role: OrgRole): Event => ({
  type: 'MemberJoined',
  data: { orgId, userId, role, inviteId: userId === ada ? null : inviteId, at },
});
export const created: readonly Event[] = [
  { type: 'OrgCreated', data: { orgId, slug: 'acme', name: 'Acme', kind: 'team', billingEmail: null, createdBy: ada, at } },
  joined(ada, 'owner'),
];
export const left = (userId: UserId, reason: 'left' | 'removed' | 'erased' | 'org-deleted', by: UserId | null): Event => ({
  type: 'MemberLeft',
  data: { orgId, userId, reason, by, at },
});
export const suspended: Event = { type: 'OrgSuspended', data: { orgId, reason: 'abuse', at } };
export const deleted: Event = { type: 'OrgDeleted', data: { orgId, by: ada, at } };
export const settled = { openRuns: 0, isSettled: true };
