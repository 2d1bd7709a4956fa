import { z } from 'zod';
import { command, query } from '../define.ts';
import { Instant, OrgId, PageRequest, pageOf, UserId } from '../values.ts';
import { ApiKeyId, ApiKeyView, BillingDetails, Email, MembershipView, OrgSlug, OrgView, Password, Tokens, UserView } from './types.ts';

export const SignUp = command({
  subject: 'identity.sign-up',
  summary: 'Create an account, with an organization of its own',
  http: 'POST /users',
  created: true,
  access: 'public',
  input: z.strictObject({ email: Email, password: Password, name: z.string().trim().min(1).max(200).optional() }),
  output: z.strictObject({ userId: UserId, orgId: OrgId, orgSlug: OrgSlug }),
  refusals: { EmailTaken: 409, TooManyHashes: 429 },
});

export const LogIn = command({
  subject: 'identity.log-in',
  summary: 'Exchange e-mail and password for tokens',
  http: 'POST /sessions',
  access: 'public',
  input: z.strictObject({ email: Email, password: z.string().max(200) }),
  output: Tokens,
  refusals: { BadCredentials: 401, TooManyHashes: 429 },
  secret: true,
});

export const RefreshSession = command({
  subject: 'identity.refresh-session',
  summary: 'Exchange a refresh token for a new pair; each works once',
  http: 'POST /sessions/refresh',
  access: 'public',
  input: z.strictObject({ refreshToken: z.string().max(500) }),
  output: Tokens,
  refusals: { BadRefreshToken: 401 },
  secret: true,
});

export const LogOut = command({
  subject: 'identity.log-out',
  summary: 'End the session a refresh token belongs to',
  http: 'POST /sessions/logout',
  access: 'public',
  input: z.strictObject({ refreshToken: z.string().max(500) }),
  output: z.strictObject({}),
  refusals: { BadRefreshToken: 401 },
});

export const GetMe = query({
  subject: 'identity.get-me',
  summary: 'The person who calls',
  http: 'GET /me',
  access: 'caller',
  input: z.strictObject({}),
  output: UserView.extend({ activeApiKeys: z.int().min(0) }),
  refusals: { UserNotFound: 404 },
});

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

export const CreateApiKey = command({
  subject: 'identity.create-api-key',
  summary: 'Create a key of the organization; the key itself is shown once',
  http: 'POST /orgs/{org}/api-keys',
  created: true,
  access: 'keys:manage',
  input: z.strictObject({ org: OrgSlug.optional(), name: z.string().trim().min(1).max(255), expiresAt: Instant.nullish() }),
  output: ApiKeyView.extend({ key: z.string() }),
  refusals: { OrgNotFound: 404, ExpiryInThePast: 422 },
  secret: true,
});

export const ListApiKeys = query({
  subject: 'identity.list-api-keys',
  summary: 'The keys of the organization',
  http: 'GET /orgs/{org}/api-keys',
  access: 'keys:read',
  input: PageRequest.extend({ org: OrgSlug.optional() }),
  output: pageOf(ApiKeyView),
  refusals: {},
});

export const RevokeApiKey = command({
  subject: 'identity.revoke-api-key',
  summary: 'Revoke a key, everywhere within a second',
  http: 'DELETE /orgs/{org}/api-keys/{keyId}',
  access: 'keys:manage',
  input: z.strictObject({ org: OrgSlug.optional(), keyId: ApiKeyId }),
  output: z.strictObject({}),
  refusals: { ApiKeyNotFound: 404 },
});
