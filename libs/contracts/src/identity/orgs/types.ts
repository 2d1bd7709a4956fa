import { z } from 'zod';
import { OrgRole } from '../../permissions.ts';
import { Instant, OrgId, UserId } from '../../values.ts';

export const OrgSlug = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens, not starting with a hyphen')
  .meta({ id: 'OrgSlug' });

export const BillingDetails = z
  .strictObject({
    companyName: z.string().max(200),
    addressLine1: z.string().max(200),
    addressLine2: z.string().max(200),
    city: z.string().max(200),
    state: z.string().max(200),
    postalCode: z.string().max(40),
    country: z.string().length(2),
    taxId: z.string().max(60),
    taxIdType: z.string().max(40),
  })
  .partial();

export const OrgView = z
  .strictObject({
    id: OrgId,
    slug: OrgSlug,
    name: z.string(),
    billingEmail: z.string().nullable(),
    billingDetails: BillingDetails,
    createdAt: Instant,
  })
  .meta({ id: 'Org' });
export type OrgView = z.infer<typeof OrgView>;

export const MembershipView = OrgView.extend({ role: OrgRole, isDefault: z.boolean() }).meta({ id: 'Membership' });
export type MembershipView = z.infer<typeof MembershipView>;

/** The organizations of one person: value of the `identity-members` snapshot, by user id. */
export const MemberSnapshot = z.strictObject({
  userId: UserId,
  memberships: z.array(z.strictObject({ orgId: OrgId, slug: OrgSlug, role: OrgRole, isDefault: z.boolean() })),
});
export type MemberSnapshot = z.infer<typeof MemberSnapshot>;
