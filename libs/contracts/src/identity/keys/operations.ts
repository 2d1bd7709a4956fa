import { z } from 'zod';
import { command, query } from '../../define.ts';
import { Instant, PageRequest, pageOf } from '../../values.ts';
import { OrgSlug } from '../orgs/types.ts';
import { ApiKeyId, ApiKeyView } from './types.ts';

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
