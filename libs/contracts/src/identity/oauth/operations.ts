import { z } from 'zod';
import { command, query } from '../../define.ts';
import { PageRequest, pageOf, Text } from '../../values.ts';
import { OrgSlug } from '../orgs/types.ts';
import {
  AppName,
  OauthAppId,
  OauthAppKind,
  OauthAppView,
  OauthGrantId,
  OauthGrantView,
  OauthScope,
  RedirectUris,
  ShownOauthApp,
} from './types.ts';

const scopes = z.array(OauthScope).min(1).max(100);
/** Left out, the scopes are what tells of a person and what a member may. */
const made = { name: AppName, redirectUris: RedirectUris.default([]), scopes: scopes.optional() };
/** What is named is changed. */
const changed = {
  appId: OauthAppId,
  name: AppName.optional(),
  redirectUris: RedirectUris.optional(),
  scopes: scopes.optional(),
  isActive: z.boolean().optional(),
};
const org = { org: OrgSlug.optional() };
const one = { appId: OauthAppId };

const managing = { OauthAppNotFound: 404, KeyMayNotManageKeys: 403 } as const;
const shaping = { RedirectUriRefused: 422, ScopeRefused: 422, PermissionsNotHeld: 403 } as const;
const making = { ...shaping, KeyMayNotManageKeys: 403, TooManyOauthApps: 409 } as const;

export const CreateOauthApp = command({
  subject: 'identity.create-oauth-app',
  summary: 'Create an application of the organization, or with kind `service` a service account; its secret is shown once',
  http: 'POST /orgs/{org}/oauth-apps',
  created: true,
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...made, kind: OauthAppKind.default('web') }),
  output: ShownOauthApp,
  refusals: making,
  secret: true,
});

export const ListOauthApps = query({
  subject: 'identity.list-oauth-apps',
  summary: 'The applications and service accounts of the organization',
  http: 'GET /orgs/{org}/oauth-apps',
  access: 'keys:read',
  input: PageRequest.extend(org),
  output: pageOf(OauthAppView),
  refusals: {},
});

export const UpdateOauthApp = command({
  subject: 'identity.update-oauth-app',
  summary: 'Change an application of the organization, or switch it off or on',
  http: 'PATCH /orgs/{org}/oauth-apps/{appId}',
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...changed }),
  output: OauthAppView,
  refusals: { ...managing, ...shaping },
});

export const ResetOauthAppSecret = command({
  subject: 'identity.reset-oauth-app-secret',
  summary: 'Give an application of the organization another secret; the one before works no more',
  http: 'POST /orgs/{org}/oauth-apps/{appId}/reset-secret',
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...one }),
  output: ShownOauthApp,
  refusals: { ...managing, OauthAppHasNoSecret: 409, PermissionsNotHeld: 403 },
  secret: true,
});

export const DeleteOauthApp = command({
  subject: 'identity.delete-oauth-app',
  summary: 'Delete an application of the organization; whatever it was let do ends within a second',
  http: 'DELETE /orgs/{org}/oauth-apps/{appId}',
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...one }),
  output: z.strictObject({}),
  refusals: managing,
});

export const CreateMyOauthApp = command({
  subject: 'identity.create-my-oauth-app',
  summary: 'Create an application of the person who calls; its secret is shown once',
  http: 'POST /me/oauth-apps',
  created: true,
  access: 'caller',
  input: z.strictObject({ ...made, kind: OauthAppKind.exclude(['service']).default('web') }),
  output: ShownOauthApp,
  refusals: making,
  secret: true,
});

export const ListMyOauthApps = query({
  subject: 'identity.list-my-oauth-apps',
  summary: 'The applications of the person who calls',
  http: 'GET /me/oauth-apps',
  access: 'caller',
  input: PageRequest,
  output: pageOf(OauthAppView),
  refusals: { KeyMayNotManageKeys: 403 },
});

export const UpdateMyOauthApp = command({
  subject: 'identity.update-my-oauth-app',
  summary: 'Change an own application, or switch it off or on',
  http: 'PATCH /me/oauth-apps/{appId}',
  access: 'caller',
  input: z.strictObject(changed),
  output: OauthAppView,
  refusals: { ...managing, ...shaping },
});

export const ResetMyOauthAppSecret = command({
  subject: 'identity.reset-my-oauth-app-secret',
  summary: 'Give an own application another secret; the one before works no more',
  http: 'POST /me/oauth-apps/{appId}/reset-secret',
  access: 'caller',
  input: z.strictObject(one),
  output: ShownOauthApp,
  refusals: { ...managing, OauthAppHasNoSecret: 409, PermissionsNotHeld: 403 },
  secret: true,
});

export const DeleteMyOauthApp = command({
  subject: 'identity.delete-my-oauth-app',
  summary: 'Delete an own application; whatever it was let do ends within a second',
  http: 'DELETE /me/oauth-apps/{appId}',
  access: 'caller',
  input: z.strictObject(one),
  output: z.strictObject({}),
  refusals: managing,
});

export const ListMyOauthGrants = query({
  subject: 'identity.list-my-oauth-grants',
  summary: 'The applications that the person who calls has let act for them',
  http: 'GET /me/oauth-grants',
  access: 'user',
  input: PageRequest,
  output: pageOf(OauthGrantView),
  refusals: {},
});

export const EndMyOauthGrant = command({
  subject: 'identity.end-my-oauth-grant',
  summary: 'Let an application act for the person who calls no more, within a second',
  http: 'DELETE /me/oauth-grants/{grantId}',
  access: 'user',
  input: z.strictObject({ grantId: Text.pipe(OauthGrantId) }),
  output: z.strictObject({}),
  refusals: { OauthGrantNotFound: 404 },
});
