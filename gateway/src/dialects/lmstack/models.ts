import { catalog } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { integer, type To } from '../row.ts';
import { type Json, Pages, row } from './row.ts';

const Source = z.enum(['huggingface', 'ollama']);

/** Its clients know two sources, and nothing without one. */
const sourceOf = ({ source }: catalog.ModelView): z.output<typeof Source> => (source?.from === 'ollama' ? 'ollama' : 'huggingface');

const model = (number: number, view: catalog.ModelView): { readonly [name: string]: Json } => ({
  id: number,
  name: view.name,
  model_id: view.source?.reference ?? view.name,
  source: sourceOf(view),
  description: view.description,
  default_params: null,
  docker_image: view.metadata['docker-image'] ?? null,
  created_at: view.registeredAt,
  updated_at: view.changedAt,
  deployment_count: 0,
});

/** Nothing is ever called by it. */
const nothings = Number.MAX_SAFE_INTEGER;
/** What is no number is looked for all the same: whoever may not look is told that first. */
const numberIn = (path: Readonly<Record<string, string>>): number =>
  integer(z.int().min(1).max(nothings)).safeParse(path['model_id']).data ?? nothings;

const numbered = async (to: To<typeof catalog.NumberModels>, views: readonly catalog.ModelView[]): Promise<readonly Json[]> => {
  const { items } = await to.ask(catalog.NumberModels, { modelIds: views.map(({ modelId }) => modelId) });
  const numbers = new Map(items.map(({ modelId, number }) => [modelId, number]));
  return views.map((view) => model(numbers.get(view.modelId) ?? nothings, view));
};

export const models = [
  row({
    method: 'GET',
    path: '/models',
    operations: [catalog.ListModels, catalog.NumberModels],
    query: Pages.extend({ source: Source.optional() }),
    answer: async (to, { query: { skip, limit, source } }) => {
      const all = await everyOf((page) => to.ask(catalog.ListModels, page));
      const theirs = source === undefined ? all : all.filter((view) => sourceOf(view) === source);
      return { items: await numbered(to, theirs.slice(skip, skip + limit)), total: theirs.length };
    },
  }),
  row({
    method: 'GET',
    path: '/models/{model_id}',
    operations: [catalog.FindNumberedModel],
    answer: async (to, { path }) => {
      const number = numberIn(path);
      return model(number, await to.ask(catalog.FindNumberedModel, { number }));
    },
  }),
];
