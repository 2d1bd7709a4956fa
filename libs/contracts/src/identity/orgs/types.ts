import { z } from 'zod';
import { OrgRole, SpacePermission } from '../../permissions.ts';
import { Instant, OrgId, Text, UserId } from '../../values.ts';
import { SpaceId } from '../spaces/types.ts';

export const OrgSlug = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens, not starting with a hyphen')
  .meta({ id: 'OrgSlug' });

export const BillingDetails = z
  .strictObject({
    companyName: Text.max(200),
    addressLine1: Text.max(200),
    addressLine2: Text.max(200),
    city: Text.max(200),
    state: Text.max(200),
    postalCode: Text.max(40),
    country: Text.length(2),
    taxId: Text.max(60),
    taxIdType: Text.max(40),
  })
  .partial();
type BillingDetails = z.infer<typeof BillingDetails>;

const taken = <K extends keyof BillingDetails>(field: K) => BillingDetails.shape[field].nullable();
/** Some of the details as they become; null takes one away. */
export const BillingDetailsChange = z.strictObject({
  companyName: taken('companyName'),
  addressLine1: taken('addressLine1'),
  addressLine2: taken('addressLine2'),
  city: taken('city'),
  state: taken('state'),
  postalCode: taken('postalCode'),
  country: taken('country'),
  taxId: taken('taxId'),
  taxIdType: taken('taxIdType'),
});
export type BillingDetailsChange = z.infer<typeof BillingDetailsChange>;

/** `personal`: the one that everybody gets at sign-up, under a name that tells of nobody. */
export const OrgKind = z.enum(['personal', 'team']);

export const OrgView = z
  .strictObject({
    id: OrgId,
    slug: OrgSlug,
    name: z.string(),
    kind: OrgKind,
    billingEmail: z.string().nullable(),
    billingDetails: BillingDetails,
    /** By the operator: nothing begins any more, nobody joins. */
    isSuspended: z.boolean(),
    createdAt: Instant,
  })
  .meta({ id: 'Org' });
export type OrgView = z.infer<typeof OrgView>;

export const MembershipView = OrgView.extend({ role: OrgRole, isDefault: z.boolean() }).meta({ id: 'Membership' });
export type MembershipView = z.infer<typeof MembershipView>;

export const MemberView = z
  .strictObject({
    userId: UserId,
    email: z.string(),
    name: z.string().nullable(),
    role: OrgRole,
    /** Whether this organization is where the person's requests go that name none. */
    isDefault: z.boolean(),
    joinedAt: Instant,
  })
  .meta({ id: 'Member' });
export type MemberView = z.infer<typeof MemberView>;

/** What a gateway must know of an organization: value of the `identity-orgs` snapshot, by org id. One that is not there does not exist. */
export const OrgSnapshot = z.strictObject({
  orgId: OrgId,
  slug: OrgSlug,
  isSuspended: z.boolean(),
  /** Those that exist and are not deleted. */
  spaces: z.array(SpaceId),
});
export type OrgSnapshot = z.infer<typeof OrgSnapshot>;

/** Where a person may act, and as what: value of the `identity-members` snapshot, by user id. */
export const MemberSnapshot = z.strictObject({
  userId: UserId,
  /** One of the memberships; null where there is none. */
  defaultOrgId: OrgId.nullable(),
  memberships: z.array(z.strictObject({ orgId: OrgId, role: OrgRole })),
  /** Spaces that the person was invited to, as a member of their organization or as a guest. */
  spaces: z.array(z.strictObject({ spaceId: SpaceId, orgId: OrgId, permissions: z.array(SpacePermission) })),
  /** May do what the operator may, in their own sessions. */
  isAdministrator: z.literal(true).optional(),
});
export type MemberSnapshot = z.infer<typeof MemberSnapshot>;
