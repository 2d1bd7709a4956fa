import { z } from 'zod';
import { command, query } from '../../define.ts';
import { OrgRole } from '../../permissions.ts';
import { NameText, OrgId, PageRequest, pageOf, Text, UserId } from '../../values.ts';
import { ApiKeyId } from '../keys/types.ts';
import { Email } from '../users/types.ts';
import { BillingDetailsChange, MembershipView, MemberView, OrgSlug, OrgView } from './types.ts';

export const OrgName = NameText.min(1).max(100);
/** In a path, `{org}` is the slug; the gateway verifies the membership and the context carries the id. */
const org = { org: OrgSlug };
const member = { ...org, userId: UserId };

export const ListOrgs = query({
  subject: 'identity.list-orgs',
  summary: 'The organizations of the person who calls',
  http: 'GET /orgs',
  access: 'caller',
  input: PageRequest,
  output: pageOf(MembershipView),
  refusals: {},
});

export const CreateOrg = command({
  subject: 'identity.create-org',
  summary: 'Create an organization; the caller owns it',
  http: 'POST /orgs',
  created: true,
  access: 'user',
  input: z.strictObject({ name: OrgName, slug: OrgSlug.optional(), billingEmail: Email.optional() }),
  output: OrgView,
  refusals: { OrgNotFound: 404, SlugTaken: 409, TooManyOrgs: 409 },
});

export const GetOrg = query({
  subject: 'identity.get-org',
  summary: 'One organization',
  http: 'GET /orgs/{org}',
  access: 'org:read',
  input: z.strictObject(org),
  output: OrgView,
  refusals: { OrgNotFound: 404 },
});

export const UpdateOrg = command({
  subject: 'identity.update-org',
  summary: 'Rename an organization or change its billing details; what is named is changed, null takes away',
  http: 'PATCH /orgs/{org}',
  access: 'org:update',
  input: z.strictObject({
    ...org,
    name: OrgName.optional(),
    slug: OrgSlug.optional(),
    billingEmail: Email.nullish(),
    billingDetails: BillingDetailsChange.optional(),
  }),
  output: OrgView,
  refusals: { OrgNotFound: 404, SlugTaken: 409, OrgSuspended: 403 },
});

export const DeleteOrg = command({
  subject: 'identity.delete-org',
  summary:
    'Delete an organization for good: `name` is its name, typed; not while work runs, credit is left that was paid, or something is owed',
  http: 'DELETE /orgs/{org}',
  access: 'org:delete',
  input: z.strictObject({ ...org, name: Text.max(200) }),
  output: z.strictObject({}),
  refusals: { OrgNotFound: 404, OrgNameMismatch: 422, OrgHasRunningWork: 409, OrgHasBalance: 409, OrgSuspended: 403 },
  deadlineMs: 10_000,
});

export const ListMembers = query({
  subject: 'identity.list-members',
  summary: 'Who is in the organization, in the order in which they joined',
  http: 'GET /orgs/{org}/members',
  access: 'members:read',
  input: PageRequest.extend(org),
  output: pageOf(MemberView),
  refusals: {},
});

export const ChangeMemberRole = command({
  subject: 'identity.change-member-role',
  summary: 'Give a member another role; the last owner stays one',
  http: 'PATCH /orgs/{org}/members/{userId}',
  access: 'members:change-role',
  input: z.strictObject({ ...member, role: OrgRole }),
  output: MemberView,
  refusals: { OrgNotFound: 404, MemberNotFound: 404, LastOwner: 400, OrgSuspended: 403 },
});

/** Whoever is there may leave: that is no permission. Whom else somebody may remove, the organization itself judges. */
export const RemoveMember = command({
  subject: 'identity.remove-member',
  summary: 'Take somebody out of the organization, or leave it; an owner only by an owner, the last one not at all',
  http: 'DELETE /orgs/{org}/members/{userId}',
  access: 'org:read',
  input: z.strictObject(member),
  output: z.strictObject({}),
  refusals: { OrgNotFound: 404, MemberNotFound: 404, LastOwner: 400 },
});

export const TransferOwnership = command({
  subject: 'identity.transfer-ownership',
  summary: 'Make another member an owner and become an admin',
  http: 'POST /orgs/{org}/transfer',
  access: 'members:change-role',
  input: z.strictObject(member),
  output: MemberView,
  refusals: { OrgNotFound: 404, MemberNotFound: 404, OrgSuspended: 403 },
});

export const ChooseDefaultOrg = command({
  subject: 'identity.choose-default-org',
  summary: 'Make this the organization that is meant where a request names none',
  http: 'POST /orgs/{org}/default',
  access: 'org:read',
  input: z.strictObject(org),
  output: MemberView,
  refusals: { MemberNotFound: 404 },
});

export const SuspendOrg = command({
  subject: 'identity.suspend-org',
  summary: 'Suspend an organization: its work ends, nothing begins, nobody joins; members may look, leave and pay',
  http: 'POST /orgs/{org}/suspend',
  access: 'operator',
  input: z.strictObject({ ...org, reason: Text.trim().min(1).max(500) }),
  output: OrgView,
  refusals: { OrgNotFound: 404 },
});

export const ReinstateOrg = command({
  subject: 'identity.reinstate-org',
  summary: 'Take a suspension back',
  http: 'POST /orgs/{org}/reinstate',
  access: 'operator',
  input: z.strictObject(org),
  output: OrgView,
  refusals: { OrgNotFound: 404 },
});

export const mostNamesAtOnce = 1_000;

/** For services that tell operators of organizations, and know them by their ids: names are personal, and kept here alone. */
export const NamesOfOrgs = query({
  subject: 'identity.names-of-orgs',
  summary: 'What these organizations are called; of one that is not there, nothing',
  access: 'service',
  input: z.strictObject({ orgIds: z.array(OrgId).max(mostNamesAtOnce) }),
  output: z.strictObject({ items: z.array(z.strictObject({ orgId: OrgId, slug: OrgSlug })) }),
  refusals: {},
});

/** For services that are told ids of others, and must not take just any for one. */
export const FindInOrg = query({
  subject: 'identity.find-in-org',
  summary: 'Whether an organization is there, and a member and a key in it where they are named; what is not named is not there',
  access: 'service',
  input: z.strictObject({ orgId: OrgId, userId: UserId.optional(), keyId: ApiKeyId.optional() }),
  output: z.strictObject({ isThere: z.boolean(), hasMember: z.boolean(), hasKey: z.boolean() }),
  refusals: {},
});
