import { identity, type OutputOf } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import { everyOf } from '../every-of.ts';
import { idOf } from '../row.ts';
import { type Json, row } from './row.ts';

const profile = ({ id, email, name, createdAt }: OutputOf<typeof identity.GetMe>): Json => ({ id, email, name, created_at: createdAt });

const apiKey = ({ id, name, prefix, createdAt, lastUsedAt }: identity.ApiKeyView): Json => ({
  id,
  name,
  prefix,
  created_at: createdAt,
  last_used_at: lastUsedAt,
});

/** Of a key that its maker gave no name. */
const unnamed = 'API key';

const me = (path: '/user' | '/user/me'): AnswerRoute =>
  row({ method: 'GET', path, operations: [identity.GetMe], answer: async (to) => profile(await to.ask(identity.GetMe, {})) });

export const user = [
  me('/user'),
  me('/user/me'),
  row({
    method: 'GET',
    path: '/user/api-keys',
    operations: [identity.ListMyApiKeys],
    answer: async (to) => ({ api_keys: (await everyOf((page) => to.ask(identity.ListMyApiKeys, page))).map(apiKey) }),
  }),
  row({
    method: 'POST',
    path: '/user/api-keys',
    operations: [identity.CreateMyApiKey],
    body: z.object({ name: z.string().nullish() }).nullish(),
    answer: async (to, { body }) => {
      const { id, name, key } = await to.ask(identity.CreateMyApiKey, { name: body?.name ?? unnamed });
      return { id, name, key };
    },
  }),
  row({
    method: 'DELETE',
    path: '/user/api-keys/{id}',
    operations: [identity.RevokeMyApiKey],
    answer: async (to, { path }) => {
      const keyId = idOf(identity.ApiKeyId, path['id'], 'ApiKeyNotFound');
      await to.ask(identity.RevokeMyApiKey, { keyId });
      return { id: keyId };
    },
  }),
];
