import { z } from 'zod';
import { id } from '../../define.ts';
import { OrgRole, SpacePermission } from '../../permissions.ts';
import { Instant, OrgId, Text, UserId } from '../../values.ts';
import { SpaceId } from '../spaces/types.ts';

export const InviteId = id('InviteId');
export type InviteId = z.infer<typeof InviteId>;

/** Owners are made by owners, never by an invite that lies in a mailbox. */
export const InvitableRole = OrgRole.exclude(['owner']);
export type InvitableRole = z.infer<typeof InvitableRole>;

export const InviteStatus = z.enum(['pending', 'accepted', 'declined', 'revoked', 'expired']).meta({ id: 'InviteStatus' });
export type InviteStatus = z.infer<typeof InviteStatus>;

/** What an invite to a space gives there. */
export const SpaceGrant = z.strictObject({ spaceId: SpaceId, permissions: z.array(SpacePermission).min(1) });
export type SpaceGrant = z.infer<typeof SpaceGrant>;

export const InviteView = z
  .strictObject({
    id: InviteId,
    orgId: OrgId,
    email: z.string(),
    /** Null: an invite to a space alone. */
    role: InvitableRole.nullable(),
    space: SpaceGrant.nullable(),
    status: InviteStatus,
    invitedBy: UserId,
    createdAt: Instant,
    expiresAt: Instant,
  })
  .meta({ id: 'Invite' });
export type InviteView = z.infer<typeof InviteView>;

/** What whoever is invited sees. */
export const ReceivedInviteView = InviteView.pick({ id: true, email: true, role: true, status: true, createdAt: true, expiresAt: true })
  .extend({
    org: z.strictObject({ slug: z.string(), name: z.string() }),
    space: z.strictObject({ id: SpaceId, name: z.string(), permissions: z.array(SpacePermission) }).nullable(),
  })
  .meta({ id: 'ReceivedInvite' });
export type ReceivedInviteView = z.infer<typeof ReceivedInviteView>;

/** The secret of an invite as it came by mail or from whoever invited; or the id of one that lies in the caller's own list. */
export const InviteToken = Text.min(1).max(200);
