import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { InvitableRole, InviteId, SpaceGrant } from './types.ts';

const invite = { inviteId: InviteId, orgId: OrgId };
const hash = z.string().length(64);

export const InviteEvents = events(
  'identity',
  {
    InviteCreated: z.strictObject({
      ...invite,
      email: z.string(),
      role: InvitableRole.nullable(),
      space: SpaceGrant.nullable(),
      invitedBy: UserId,
      expiresAt: Instant,
      at: Instant,
    }),
    /** Of the two secrets of an invite: what whoever invited was shown, and what went to the mailbox alone and so proves it. */
    InviteSecretsSet: z.strictObject({ ...invite, shownHash: hash, mailedHash: hash, at: Instant }),
    InviteAccepted: z.strictObject({ ...invite, userId: UserId, at: Instant }),
    InviteDeclined: z.strictObject({ ...invite, userId: UserId, at: Instant }),
    InviteRevoked: z.strictObject({ ...invite, by: UserId.nullable(), at: Instant }),
    InviteExpired: z.strictObject({ ...invite, at: Instant }),
  },
  // An invite has a key of its own: it may be for somebody who never becomes a person here.
  { InviteCreated: { personal: { of: 'inviteId', fields: ['email'] } }, InviteSecretsSet: { isPrivate: true } },
);
