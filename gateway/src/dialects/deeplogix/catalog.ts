import { catalog, decimalOf, inference, parseNanos } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute, PaidRoute } from '../../dialect.ts';
import { everyOf } from '../every-of.ts';
import { fromPath, integer } from '../row.ts';
import { base, type Json, row } from './row.ts';

const usualLimit = 50;

/** What the API calls a task is what a model is able to, or what it is. */
const Task = z.union([catalog.Capability, catalog.ModelType]);

const Filters = z.object({
  is_live: z.enum(['true', 'false']).optional(),
  search: z.string().optional(),
  provider: z.string().optional(),
  type: catalog.ModelType.optional(),
  task: Task.optional(),
  limit: integer(z.int().min(1).max(500)).default(usualLimit),
  offset: integer(z.int().min(0).max(1_000_000)).default(0),
});

const taskFilter = (task: z.output<typeof Task> | undefined): Pick<catalog.ModelFilters, 'capability' | 'type'> => {
  if (task === undefined) return {};
  const capability = catalog.Capability.safeParse(task);
  return capability.success ? { capability: capability.data } : { type: catalog.ModelType.parse(task) };
};

const price = (each: catalog.ModelPrice): Json => ({
  meter: each.meter,
  unit: each.unit,
  unit_price: decimalOf(parseNanos(each.nanosPerUnit)),
  provider: each.provider ?? null,
  batch_discount: (each.batchDiscountMilli ?? 0) / 1_000,
});

export const model = (view: catalog.PublicModelView): { readonly [name: string]: Json } => ({
  id: view.modelId,
  name: view.name,
  provider: view.provider,
  type: view.type,
  task: view.capabilities[0] ?? view.type,
  description: view.description,
  is_live: view.isLive,
  context_length: view.contextLength,
  pricing: view.pricing && { currency: view.pricing.currency, prices: view.pricing.prices.map(price) },
  created_at: view.registeredAt,
});

/** What is told of one model besides. */
const detail = (view: catalog.PublicModelView): { readonly [name: string]: Json } => ({
  ...model(view),
  aliases: view.aliases,
  family: view.family,
  max_output_tokens: view.maxOutputTokens,
  input_modalities: view.inputModalities,
  output_modalities: view.outputModalities,
  capabilities: view.capabilities,
  gpu_required: view.needsGpu,
  updated_at: view.changedAt,
});

const names = { isLive: 'is_live', capability: 'task' };
const idIn = (path: Readonly<Record<string, string>>): catalog.ModelId => fromPath(catalog.ModelId, path, 'model_id');

/** What can be called, for everybody to see; what more is said of a model, for who is signed in. */
export const models: readonly AnswerRoute[] = [
  row({
    method: 'GET',
    path: '/public/catalog',
    operations: [catalog.ListPublicModels],
    query: Filters,
    names,
    answer: async (to, { query: { is_live: isLive, task, type, ...filters } }) => {
      const asked = {
        ...filters,
        ...taskFilter(task),
        ...(type === undefined ? {} : { type }),
        ...(isLive === undefined ? {} : { isLive }),
      };
      const { items, total } = await to.ask(catalog.ListPublicModels, asked);
      return { models: items.map(model), total };
    },
  }),
  row({
    method: 'GET',
    path: '/public/catalog/{model_id}',
    operations: [catalog.GetPublicModel],
    answer: async (to, { path }) => detail(await to.ask(catalog.GetPublicModel, { model: idIn(path) })),
  }),
  row({
    method: 'GET',
    path: '/public/providers',
    operations: [catalog.ListProviders],
    answer: async (to) => ({
      providers: (await everyOf((page) => to.ask(catalog.ListProviders, page))).map(({ provider, name, models: count }) => ({
        id: provider,
        name,
        slug: provider,
        model_count: count,
      })),
    }),
  }),
  row({
    method: 'GET',
    path: '/model/{model_id}',
    operations: [catalog.GetModel],
    answer: async (to, { path }) => {
      const view = await to.ask(catalog.GetModel, { model: idIn(path) });
      return { ...detail(view), metadata: view.metadata };
    },
  }),
];

/** The one thing that a model can be asked here. */
export const chat: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: `${base}/model/{model_id}/chat`,
  operations: [inference.CallModel],
  client: 'deeplogix',
  dialect: 'deeplogix',
  modelField: 'model_id',
  takesCookie: true,
};
