import { type Instant, identity, instantOf } from '@orrery/contracts';
import { z } from 'zod';
import { idOf } from '../row.ts';
import type { Writable } from './json.ts';
import { row } from './row.ts';

type Tokens = z.output<typeof identity.Tokens>;

export const tokens = ({ accessToken, refreshToken, expiresIn, userId, email, secondFactorNeeded }: Tokens): Writable => ({
  access_token: accessToken,
  refresh_token: refreshToken,
  token_type: 'bearer',
  expires_in: expiresIn,
  user_id: userId,
  email,
  // Where there is nothing to say, nothing is: as clients know it.
  ...(secondFactorNeeded ? { mfa_required: true } : {}),
});

/** A key on the older surface, where keys belong to people. */
export const personalKey = (key: identity.ApiKeyView): Writable => ({
  id: key.id,
  key_name: key.name,
  key_prefix: key.prefix,
  is_active: key.isActive,
  last_used_at: key.lastUsedAt,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
});

/** Any time of RFC 3339, as ours are: UTC, with milliseconds. */
export const moment = z.iso.datetime({ offset: true, local: true }).transform((text): Instant => {
  const hasZone = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  return instantOf(Date.parse(hasZone ? text : `${text}Z`));
});

const names = { name: 'key_name', expiresAt: 'expires_at', keyId: 'api_key_id' };

export const authentication = [
  row({
    method: 'POST',
    path: '/auth/login',
    operations: [identity.LogIn],
    body: z.object({ email: z.string(), password: z.string() }),
    answer: async (to, { body }) => tokens(await to.ask(identity.LogIn, body)),
  }),
  row({
    method: 'POST',
    path: '/auth/refresh',
    operations: [identity.RefreshSession],
    body: z.object({ refresh_token: z.string() }),
    names: { refreshToken: 'refresh_token' },
    answer: async (to, { body }) => tokens(await to.ask(identity.RefreshSession, { refreshToken: body.refresh_token })),
  }),
  row({
    method: 'GET',
    path: '/auth/api-keys/',
    operations: [identity.ListApiKeys],
    answer: async (to) => (await to.ask(identity.ListApiKeys, { limit: 500 })).items.map(personalKey),
  }),
  row({
    method: 'POST',
    path: '/auth/api-keys/',
    operations: [identity.CreateApiKey],
    body: z.object({ key_name: z.string().min(1).max(255), expires_at: moment.nullish() }),
    names,
    answer: async (to, { body }) => {
      const { key, ...made } = await to.ask(identity.CreateApiKey, { name: body.key_name, expiresAt: body.expires_at });
      return {
        api_key: key,
        id: made.id,
        key_name: made.name,
        key_prefix: made.prefix,
        created_at: made.createdAt,
        expires_at: made.expiresAt,
      };
    },
  }),
  row({
    method: 'DELETE',
    path: '/auth/api-keys/{api_key_id}',
    operations: [identity.RevokeApiKey],
    answer: async (to, { path }) => {
      await to.ask(identity.RevokeApiKey, { keyId: idOf(identity.ApiKeyId, path['api_key_id'], 'ApiKeyNotFound') });
      return { message: 'API key deleted' };
    },
  }),
  row({
    method: 'DELETE',
    path: '/user/delete',
    operations: [identity.DeleteMe],
    answer: async (to) => {
      await to.ask(identity.DeleteMe, {});
      return { message: 'Account deleted' };
    },
  }),
];
