import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf } from '../../values.ts';
import { Email } from '../users/types.ts';
import { BillingDetails, MembershipView, OrgSlug, OrgView } from './types.ts';

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
  input: z.strictObject({ name: z.string().trim().min(1).max(100), slug: OrgSlug.optional(), billingEmail: Email.optional() }),
  output: OrgView,
  refusals: { SlugTaken: 409 },
});

/** In a path, `{org}` is the slug; the gateway verifies the membership and the context carries the id. */
export const GetOrg = query({
  subject: 'identity.get-org',
  summary: 'One organization',
  http: 'GET /orgs/{org}',
  access: 'org:read',
  input: z.strictObject({ org: OrgSlug }),
  output: OrgView,
  refusals: { OrgNotFound: 404 },
});

export const UpdateOrg = command({
  subject: 'identity.update-org',
  summary: 'Rename an organization or change its billing details',
  http: 'PATCH /orgs/{org}',
  access: 'org:update',
  input: z.strictObject({
    org: OrgSlug,
    name: z.string().trim().min(1).max(100).optional(),
    slug: OrgSlug.optional(),
    billingEmail: Email.nullish(),
    billingDetails: BillingDetails.optional(),
  }),
  output: OrgView,
  refusals: { OrgNotFound: 404, SlugTaken: 409 },
});
