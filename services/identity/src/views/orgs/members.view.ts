import type { identity, OrgId, OrgRole, UserId } from '@orrery/contracts';
import { type Fact, instant, type TableRow, text, uuid, view } from '@orrery/event-store';

export const members = view({
  name: 'members',
  table: 'members',
  columns: {
    orgId: uuid<OrgId>(),
    userId: uuid<UserId>(),
    role: text<OrgRole>(),
    joinedAt: instant(),
  },
  key: ['orgId', 'userId'],
  indexes: [
    ['orgId', 'joinedAt', 'userId'],
    ['userId', 'joinedAt'],
  ],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'MemberJoined': {
        const { orgId, userId, role, at: joinedAt } = event.data;
        return [{ put: { orgId, userId, role, joinedAt } }];
      }
      case 'MemberRoleChanged': {
        const { orgId, userId, role } = event.data;
        return [{ patch: { orgId, userId }, set: { role } }];
      }
      case 'OwnershipTransferred': {
        const { orgId, from, to } = event.data;
        const [former, owner]: readonly [OrgRole, OrgRole] = ['admin', 'owner'];
        return [
          { patch: { orgId, userId: from }, set: { role: former } },
          { patch: { orgId, userId: to }, set: { role: owner } },
        ];
      }
      case 'MemberLeft': {
        const { orgId, userId } = event.data;
        return [{ drop: { orgId, userId } }];
      }
      default:
        return [];
    }
  },
});
export type Member = TableRow<typeof members>;

/** What people chose; whether a choice still counts is computed with their memberships. */
export const defaultOrgs = view({
  name: 'default-orgs',
  table: 'default_orgs',
  columns: { userId: uuid<UserId>(), orgId: uuid<OrgId>(), at: instant() },
  key: ['userId'],
  fold: ({ event }: Fact<identity.IdentityEvent>) => (event.type === 'DefaultOrgChosen' ? [{ put: event.data }] : []),
});
