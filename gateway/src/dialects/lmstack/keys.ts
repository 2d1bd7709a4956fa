import { catalog, identity, instantOf } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { integer, type To } from '../row.ts';
import { modelIds, modelNumbers } from './model-numbers.ts';
import { type Json, Pages, row } from './row.ts';

const dayMs = 86_400_000;
const mostDays = 36_500;

export const key = (number: number, view: identity.ApiKeyView, models: Json): { readonly [name: string]: Json } => ({
  id: number,
  name: view.name,
  description: view.description,
  access_key: view.prefix.replace(/^lmsk_/, ''),
  prefix: `${view.form}_`,
  allowed_model_ids: models,
  monthly_token_limit: view.monthlyTokens,
  expires_at: view.expiresAt,
  created_at: view.createdAt,
  last_used_at: view.lastUsedAt,
  last_used: view.lastUsedAt,
});

const Rules = {
  description: z.string().nullish(),
  allowed_model_ids: z.array(z.union([z.int(), z.string()])).nullish(),
  monthly_token_limit: integer(z.int().min(0)).nullish(),
  expires_in_days: integer(z.int().min(1).max(mostDays)).nullish(),
};
type Rules = z.output<z.ZodObject<typeof Rules>>;

/** What is not said is not changed; null, and no model at all, takes a rule away. */
const rulesOf = async (to: To<typeof catalog.FindNumberedModel>, rules: Rules) => {
  const { description, allowed_model_ids: models, monthly_token_limit: monthlyTokens, expires_in_days: days } = rules;
  return {
    ...(description === undefined ? {} : { description }),
    ...(models === undefined ? {} : { models: models === null || models.length === 0 ? null : await modelIds(to, models) }),
    ...(monthlyTokens === undefined ? {} : { monthlyTokens }),
    ...(days === undefined ? {} : { expiresAt: days === null ? null : instantOf(Date.now() + days * dayMs) }),
  };
};

const names = {
  models: 'allowed_model_ids',
  monthlyTokens: 'monthly_token_limit',
  expiresAt: 'expires_in_days',
  keyId: 'key_id',
  number: 'key_id',
};

/** Nothing is ever called by it. */
const nothings = Number.MAX_SAFE_INTEGER;

/** What is no number is looked for all the same: whoever may not look is told that first. */
const numberIn = (path: Readonly<Record<string, string>>): number => integer(identity.Numbered).safeParse(path['key_id']).data ?? nothings;

const showing = [identity.NumberApiKeys, catalog.FindModels, catalog.NumberModels] as const;
type Showing = (typeof showing)[number];

const numbered = async (to: To<Showing>, views: readonly identity.ApiKeyView[]) => {
  const { items } = await to.ask(identity.NumberApiKeys, { keyIds: views.map(({ id }) => id) });
  const numbers = new Map(items.map(({ keyId, number }) => [keyId, number]));
  const models = await modelNumbers(
    to,
    views.flatMap((view) => view.models ?? []),
  );
  return views.map((view) => key(identity.Numbered.parse(numbers.get(view.id)), view, view.models?.map(models) ?? null));
};

const shown = async (to: To<Showing>, view: identity.ApiKeyView) => (await numbered(to, [view]))[0] ?? null;

export const keys = [
  row({
    method: 'GET',
    path: '/api-keys',
    operations: [identity.ListApiKeys, ...showing],
    query: Pages,
    answer: async (to, { query: { skip, limit } }) => {
      const all = await everyOf((page) => to.ask(identity.ListApiKeys, page));
      return { items: await numbered(to, all.slice(skip, skip + limit)), total: all.length };
    },
  }),
  row({
    method: 'POST',
    path: '/api-keys',
    operations: [identity.CreateApiKey, ...showing, catalog.FindNumberedModel],
    body: z.object({ name: z.string().min(1).max(100), ...Rules }),
    names,
    status: 201,
    answer: async (to, { body: { name, ...rules } }) => {
      const { key: secret, ...made } = await to.ask(identity.CreateApiKey, {
        name,
        form: 'lmsk',
        isNameUnique: true,
        ...(await rulesOf(to, rules)),
      });
      return { ...(await shown(to, made)), key: secret, api_key: secret };
    },
  }),
  row({
    method: 'GET',
    path: '/api-keys/{key_id}',
    operations: [identity.FindApiKey, identity.GetApiKey, ...showing],
    names,
    answer: async (to, { path }) => {
      const { keyId } = await to.ask(identity.FindApiKey, { number: numberIn(path) });
      return shown(to, await to.ask(identity.GetApiKey, { keyId }));
    },
  }),
  row({
    method: 'PATCH',
    path: '/api-keys/{key_id}',
    operations: [identity.FindManagedApiKey, identity.UpdateApiKey, ...showing, catalog.FindNumberedModel],
    body: z.object({ name: z.string().min(1).max(100).optional(), ...Rules }),
    names,
    answer: async (to, { path, body: { name, ...rules } }) => {
      const { keyId } = await to.ask(identity.FindManagedApiKey, { number: numberIn(path) });
      const change = { keyId, ...(name === undefined ? {} : { name, isNameUnique: true }), ...(await rulesOf(to, rules)) };
      return shown(to, await to.ask(identity.UpdateApiKey, change));
    },
  }),
  row({
    method: 'DELETE',
    path: '/api-keys/{key_id}',
    operations: [identity.FindManagedApiKey, identity.RevokeApiKey],
    names,
    status: 204,
    answer: async (to, { path }) => {
      const { keyId } = await to.ask(identity.FindManagedApiKey, { number: numberIn(path) });
      await to.ask(identity.RevokeApiKey, { keyId });
      return undefined;
    },
  }),
];
