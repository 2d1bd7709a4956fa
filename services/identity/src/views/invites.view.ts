import { type Instant, type identity, instantOf, type OrgId, type UserId } from '@orrery/contracts';
import { type Fact, instant, json, nullable, type TableRow, text, uuid, view } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { statusAt } from '../domain/invites/invite.ts';

export const invites = view({
  name: 'invites',
  table: 'invites',
  columns: {
    id: uuid<identity.InviteId>(),
    orgId: uuid<OrgId>(),
    email: text(),
    role: nullable(text<identity.InvitableRole>()),
    spaceId: nullable(uuid<identity.SpaceId>()),
    space: nullable(json<identity.SpaceGrant>()),
    status: text<identity.InviteStatus>(),
    invitedBy: uuid<UserId>(),
    /** Who accepted or declined. */
    answeredBy: nullable(uuid<UserId>()),
    createdAt: instant(),
    expiresAt: instant(),
    endedAt: nullable(instant()),
  },
  key: ['id'],
  indexes: [['orgId', 'id'], ['email'], ['answeredBy'], ['status', 'expiresAt']],
  fold: ({ event }: Fact<identity.IdentityEvent>) => {
    switch (event.type) {
      case 'InviteCreated': {
        const { inviteId: id, at: createdAt, ...invite } = event.data;
        const spaceId = invite.space?.spaceId ?? null;
        return [{ put: { id, ...invite, spaceId, status: 'pending', answeredBy: null, createdAt, endedAt: null } }];
      }
      case 'InviteAccepted':
      case 'InviteDeclined': {
        const { inviteId: id, userId: answeredBy, at: endedAt } = event.data;
        const status: identity.InviteStatus = event.type === 'InviteAccepted' ? 'accepted' : 'declined';
        return [{ patch: { id }, set: { status, answeredBy, endedAt } }];
      }
      case 'InviteRevoked':
      case 'InviteExpired': {
        const { inviteId: id, at: endedAt } = event.data;
        const status: identity.InviteStatus = event.type === 'InviteRevoked' ? 'revoked' : 'expired';
        return [{ patch: { id }, set: { status, endedAt } }];
      }
      default:
        return [];
    }
  },
});
export type InviteRow = TableRow<typeof invites>;

/** As it stands now, which time alone may have changed. */
export const inviteViewOf = (row: InviteRow, at: Instant = instantOf(systemClock.now())): identity.InviteView => {
  const { id, orgId, email, role, space, invitedBy, createdAt, expiresAt } = row;
  return { id, orgId, email, role, space, status: statusAt(row, at), invitedBy, createdAt, expiresAt };
};
