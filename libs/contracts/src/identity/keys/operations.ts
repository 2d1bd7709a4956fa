import { z } from 'zod';
import { command, query } from '../../define.ts';
import { Instant, OrgId, PageRequest, pageOf, Text, UserId } from '../../values.ts';
import { OrgSlug } from '../orgs/types.ts';
import { ApiKeyForm, ApiKeyId, ApiKeyView, KeyDescription, KeyName, KeyRules, ShownApiKey } from './types.ts';

const weekSeconds = 604_800;
const daySeconds = 86_400;

/** What a client says of a key: left out, a rule narrows nothing. */
const settings = { ...KeyRules.partial().shape, description: KeyDescription.nullish(), expiresAt: Instant.nullish() };
/** `isNameUnique`: refused where another key of the same owner has that name. */
const made = { name: KeyName, isNameUnique: z.boolean().default(false), form: ApiKeyForm.default('lk'), ...settings };
/** What is named is changed; null takes a rule away. `isNameUnique`: as where one is made, for a name that is new to it. */
const changed = {
  keyId: ApiKeyId,
  name: KeyName.optional(),
  isNameUnique: z.boolean().default(false),
  isActive: z.boolean().optional(),
  ...settings,
};
const rotated = { keyId: ApiKeyId, overlapSeconds: z.int().min(0).max(weekSeconds).default(daySeconds) };
/** Keys that were revoked are left out unless asked for. */
const listed = { include: z.enum(['revoked']).optional() };

const managing = { ApiKeyNotFound: 404, KeyMayNotManageKeys: 403 } as const;
const making = { KeyNameTaken: 409, SpaceNotFound: 404, ExpiryInThePast: 422, PermissionsNotHeld: 403, TooManyApiKeys: 409 } as const;
const changing = { ...managing, KeyNameTaken: 409, SpaceNotFound: 404, ExpiryInThePast: 422, PermissionsNotHeld: 403 } as const;
const org = { org: OrgSlug.optional() };

export const CreateApiKey = command({
  subject: 'identity.create-api-key',
  summary: 'Create a key of the organization, within what its creator may; the key itself is shown once',
  http: 'POST /orgs/{org}/api-keys',
  created: true,
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...made }),
  output: ShownApiKey,
  refusals: { OrgNotFound: 404, KeyMayNotManageKeys: 403, ...making },
  secret: true,
});

export const ListApiKeys = query({
  subject: 'identity.list-api-keys',
  summary: 'The keys of the organization, without or with those that were revoked',
  http: 'GET /orgs/{org}/api-keys',
  access: 'keys:read',
  input: PageRequest.extend({ ...org, ...listed }),
  output: pageOf(ApiKeyView),
  refusals: {},
});

export const GetApiKey = query({
  subject: 'identity.get-api-key',
  summary: 'One key of the organization',
  http: 'GET /orgs/{org}/api-keys/{keyId}',
  access: 'keys:read',
  input: z.strictObject({ ...org, keyId: ApiKeyId }),
  output: ApiKeyView,
  refusals: { ApiKeyNotFound: 404 },
});

export const UpdateApiKey = command({
  subject: 'identity.update-api-key',
  summary: 'Rename a key, switch it off or on, change what it may do and until when',
  http: 'PATCH /orgs/{org}/api-keys/{keyId}',
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...changed }),
  output: ApiKeyView,
  refusals: changing,
});

export const ToggleApiKey = command({
  subject: 'identity.toggle-api-key',
  summary: 'Switch a key off, or on again',
  http: 'POST /orgs/{org}/api-keys/{keyId}/toggle',
  access: 'keys:manage',
  input: z.strictObject({ ...org, keyId: ApiKeyId }),
  output: ApiKeyView,
  refusals: managing,
});

export const RotateApiKey = command({
  subject: 'identity.rotate-api-key',
  summary: 'Give a key a new secret, within what the caller may; the one before works for a while, or with an overlap of 0 no more',
  http: 'POST /orgs/{org}/api-keys/{keyId}/rotate',
  access: 'keys:manage',
  input: z.strictObject({ ...org, ...rotated }),
  output: ShownApiKey,
  refusals: { ...managing, PermissionsNotHeld: 403 },
  secret: true,
});

export const RevokeApiKey = command({
  subject: 'identity.revoke-api-key',
  summary: 'Revoke a key, everywhere within a second',
  http: 'DELETE /orgs/{org}/api-keys/{keyId}',
  access: 'keys:manage',
  input: z.strictObject({ ...org, keyId: ApiKeyId }),
  output: z.strictObject({}),
  refusals: managing,
});

export const CreateMyApiKey = command({
  subject: 'identity.create-my-api-key',
  summary: 'Create a key of the person who calls: it acts wherever they are a member, within what they may there; shown once',
  http: 'POST /me/api-keys',
  created: true,
  access: 'caller',
  input: z.strictObject(made),
  output: ShownApiKey,
  refusals: { KeyMayNotManageKeys: 403, ...making },
  secret: true,
});

export const ListMyApiKeys = query({
  subject: 'identity.list-my-api-keys',
  summary: 'The keys of the person who calls',
  http: 'GET /me/api-keys',
  access: 'caller',
  input: PageRequest.extend(listed),
  output: pageOf(ApiKeyView),
  refusals: { KeyMayNotManageKeys: 403 },
});

export const UpdateMyApiKey = command({
  subject: 'identity.update-my-api-key',
  summary: 'Rename an own key, switch it off or on, change what it may do and until when',
  http: 'PATCH /me/api-keys/{keyId}',
  access: 'caller',
  input: z.strictObject(changed),
  output: ApiKeyView,
  refusals: changing,
});

export const ToggleMyApiKey = command({
  subject: 'identity.toggle-my-api-key',
  summary: 'Switch an own key off, or on again',
  http: 'POST /me/api-keys/{keyId}/toggle',
  access: 'caller',
  input: z.strictObject({ keyId: ApiKeyId }),
  output: ApiKeyView,
  refusals: managing,
});

export const RotateMyApiKey = command({
  subject: 'identity.rotate-my-api-key',
  summary: 'Give an own key a new secret; the one before works for a while, or with an overlap of 0 no more',
  http: 'POST /me/api-keys/{keyId}/rotate',
  access: 'caller',
  input: z.strictObject(rotated),
  output: ShownApiKey,
  refusals: { ...managing, PermissionsNotHeld: 403 },
  secret: true,
});

export const RevokeMyApiKey = command({
  subject: 'identity.revoke-my-api-key',
  summary: 'Revoke an own key, everywhere within a second',
  http: 'DELETE /me/api-keys/{keyId}',
  access: 'caller',
  input: z.strictObject({ keyId: ApiKeyId }),
  output: z.strictObject({}),
  refusals: managing,
});

/** A command, so that the edge counts it with everything else that shows a secret; it changes nothing but the count of what failed. */
export const ValidateApiKey = command({
  subject: 'identity.validate-api-key',
  summary: 'Whether a key works now, and whose it is; the key itself is the permission to ask',
  http: 'POST /api-keys/validate',
  access: 'public',
  input: z.strictObject({ key: Text.max(500) }),
  output: z.strictObject({
    isValid: z.boolean(),
    key: z
      .strictObject({ id: ApiKeyId, orgId: OrgId.nullable(), userId: UserId, name: z.string(), expiresAt: Instant.nullable() })
      .nullable(),
  }),
  refusals: { TooManyTries: 429 },
});

export const mostUsesAtOnce = 1_000;

/** Told by gateways every few seconds, so that a request costs no write. Told twice, it is as if told once. */
export const RecordKeyUses = command({
  subject: 'identity.record-key-uses',
  summary: 'When keys were last used',
  access: 'service',
  input: z.strictObject({ uses: z.array(z.strictObject({ keyId: ApiKeyId, at: Instant })).max(mostUsesAtOnce) }),
  output: z.strictObject({}),
  refusals: {},
});
