import { z } from 'zod';
import { events } from '../../define.ts';
import { OrgRole } from '../../permissions.ts';
import { Instant, OrgId, UserId } from '../../values.ts';
import { BillingDetails, OrgSlug } from './types.ts';

export const OrgEvents = events('identity', {
  OrgCreated: z.strictObject({
    orgId: OrgId,
    slug: OrgSlug,
    name: z.string(),
    billingEmail: z.string().nullable(),
    createdBy: UserId,
    at: Instant,
  }),
  OrgUpdated: z.strictObject({
    orgId: OrgId,
    slug: OrgSlug,
    name: z.string(),
    billingEmail: z.string().nullable(),
    billingDetails: BillingDetails,
    at: Instant,
  }),
  MemberJoined: z.strictObject({ orgId: OrgId, userId: UserId, role: OrgRole, isDefault: z.boolean(), at: Instant }),
});
