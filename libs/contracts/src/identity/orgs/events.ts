import { z } from 'zod';
import { events } from '../../define.ts';
import { OrgRole } from '../../permissions.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { InviteId } from '../invites/types.ts';
import { BillingDetails, OrgKind } from './types.ts';

/** What people wrote about an organization tells of people: sealed with a key of the organization, which goes when it goes. */
const written = ['slug', 'name', 'billingEmail', 'billingDetails'] as const;
const names = { slug: z.string(), name: z.string(), billingEmail: z.string().nullable() };

export const OrgEvents = events(
  'identity',
  {
    OrgCreated: z.strictObject({ orgId: OrgId, ...names, kind: OrgKind, createdBy: UserId, at: Instant }),
    OrgUpdated: z.strictObject({ orgId: OrgId, ...names, billingDetails: BillingDetails, at: Instant }),
    MemberJoined: z.strictObject({ orgId: OrgId, userId: UserId, role: OrgRole, inviteId: InviteId.nullable(), at: Instant }),
    MemberRoleChanged: z.strictObject({ orgId: OrgId, userId: UserId, role: OrgRole, formerRole: OrgRole, by: UserId, at: Instant }),
    /** One owner makes another member an owner and goes back into line. */
    OwnershipTransferred: z.strictObject({ orgId: OrgId, from: UserId, to: UserId, formerRole: OrgRole, at: Instant }),
    MemberLeft: z.strictObject({
      orgId: OrgId,
      userId: UserId,
      reason: z.enum(['left', 'removed', 'erased', 'org-deleted']),
      by: UserId.nullable(),
      at: Instant,
    }),
    OrgSuspended: z.strictObject({ orgId: OrgId, reason: z.string(), at: Instant }),
    OrgReinstated: z.strictObject({ orgId: OrgId, at: Instant }),
    /** Work that is still under way ends; members, spaces, keys and open invites go with it. */
    OrgDeleted: z.strictObject({ orgId: OrgId, by: UserId, at: Instant }),
    /** Which of their organizations a person means when a request names none. Counts for as long as they are there. */
    DefaultOrgChosen: z.strictObject({ userId: UserId, orgId: OrgId, at: Instant }),
  },
  {
    OrgCreated: { personal: { of: 'orgId', fields: written } },
    OrgUpdated: { personal: { of: 'orgId', fields: written } },
    OrgSuspended: { personal: { of: 'orgId', fields: ['reason'] } },
  },
);
