import { identity } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { idOf } from '../row.ts';
import type { Writable } from './json.ts';
import { moment } from './moment.ts';
import { slugOf } from './organizations.ts';
import { row } from './row.ts';

type Path = Readonly<Record<string, string>>;

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

export const orgKey = (key: identity.ApiKeyView): Writable => ({
  id: key.id,
  org_id: key.orgId,
  name: key.name,
  prefix: key.prefix,
  is_active: key.isActive,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  last_used_at: key.lastUsedAt,
});

/** The one time that a key is shown. */
export const shownOrgKey = ({ key, ...made }: identity.ShownApiKey): Writable => ({
  id: made.id,
  org_id: made.orgId,
  name: made.name,
  prefix: made.prefix,
  plaintext_key: key,
  created_at: made.createdAt,
  expires_at: made.expiresAt,
});

const ownKeyIn = (path: Path) => ({ keyId: idOf(identity.ApiKeyId, path['api_key_id'], 'ApiKeyNotFound') });
const orgKeyIn = (path: Path) => ({ org: slugOf(path), keyId: idOf(identity.ApiKeyId, path['key_id'], 'ApiKeyNotFound') });
const names = { name: 'key_name', expiresAt: 'expires_at', key: 'api_key' };
const orgNames = { expiresAt: 'expires_at', isActive: 'is_active', org: 'slug' };
const deleted = { message: 'API key deleted' };

const own = [
  row({
    method: 'GET',
    path: '/auth/api-keys/',
    operations: [identity.ListMyApiKeys],
    answer: async (to) => (await everyOf((page) => to.ask(identity.ListMyApiKeys, page))).map(personalKey),
  }),
  row({
    method: 'POST',
    path: '/auth/api-keys/',
    operations: [identity.CreateMyApiKey],
    body: z.object({ key_name: z.string().min(1).max(255), expires_at: moment.nullish() }),
    names,
    answer: async (to, { body }) => {
      const { key, ...made } = await to.ask(identity.CreateMyApiKey, { name: body.key_name, expiresAt: body.expires_at });
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
    method: 'POST',
    path: '/auth/api-keys/validate',
    operations: [identity.ValidateApiKey],
    body: z.object({ api_key: z.string() }),
    names,
    answer: async (to, { body }) => {
      const { isValid, key } = await to.ask(identity.ValidateApiKey, { key: body.api_key });
      return {
        valid: isValid,
        user_id: key?.userId ?? null,
        org_id: key?.orgId ?? null,
        api_key_id: key?.id ?? null,
        key_name: key?.name ?? null,
        expires_at: key?.expiresAt ?? null,
      };
    },
  }),
  row({
    method: 'DELETE',
    path: '/auth/api-keys/{api_key_id}',
    operations: [identity.RevokeMyApiKey],
    answer: async (to, { path }) => {
      await to.ask(identity.RevokeMyApiKey, ownKeyIn(path));
      return deleted;
    },
  }),
  row({
    method: 'PATCH',
    path: '/auth/api-keys/{api_key_id}/toggle',
    operations: [identity.ToggleMyApiKey],
    answer: async (to, { path }) => personalKey(await to.ask(identity.ToggleMyApiKey, ownKeyIn(path))),
  }),
];

const ofOrg = [
  row({
    method: 'GET',
    path: '/orgs/{slug}/api-keys',
    operations: [identity.ListApiKeys],
    answer: async (to, { path }) => (await everyOf((page) => to.ask(identity.ListApiKeys, { org: slugOf(path), ...page }))).map(orgKey),
  }),
  row({
    method: 'POST',
    path: '/orgs/{slug}/api-keys',
    operations: [identity.CreateApiKey],
    body: z.object({ name: z.string().min(1).max(255), expires_at: moment.nullish() }),
    names: orgNames,
    answer: async (to, { path, body: { name, expires_at: expiresAt } }) =>
      shownOrgKey(await to.ask(identity.CreateApiKey, { org: slugOf(path), name, expiresAt })),
  }),
  row({
    method: 'POST',
    path: '/orgs/{slug}/api-keys/{key_id}/regenerate',
    operations: [identity.RotateApiKey],
    // The secret before is dead at once.
    answer: async (to, { path }) => shownOrgKey(await to.ask(identity.RotateApiKey, { ...orgKeyIn(path), overlapSeconds: 0 })),
  }),
  row({
    method: 'PATCH',
    path: '/orgs/{slug}/api-keys/{key_id}',
    operations: [identity.UpdateApiKey],
    body: z.object({ name: z.string().optional(), is_active: z.boolean().optional() }),
    names: orgNames,
    answer: async (to, { path, body: { name, is_active: isActive } }) =>
      orgKey(
        await to.ask(identity.UpdateApiKey, {
          ...orgKeyIn(path),
          ...(name === undefined ? {} : { name }),
          ...(isActive === undefined ? {} : { isActive }),
        }),
      ),
  }),
  row({
    method: 'DELETE',
    path: '/orgs/{slug}/api-keys/{key_id}',
    operations: [identity.RevokeApiKey],
    answer: async (to, { path }) => {
      await to.ask(identity.RevokeApiKey, orgKeyIn(path));
      return deleted;
    },
  }),
];

export const keys = [...own, ...ofOrg];
