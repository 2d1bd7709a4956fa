import { catalog } from '@orrery/contracts';
import { z } from 'zod';
import { everyOf } from '../every-of.ts';
import { integer, type To } from '../row.ts';
import { namedNotes, namingOf, renamed, shownName, type Wished } from './model-names.ts';
import { type Json, Pages, row } from './row.ts';

const Source = z.enum(['huggingface', 'ollama']);

/** Its clients know two sources, and nothing without one. */
const sourceOf = ({ source }: catalog.ModelView): Wished['source'] => (source?.from === 'ollama' ? 'ollama' : 'huggingface');

const referenceOf = (view: catalog.ModelView): string => view.source?.reference ?? view.name;

const imageNote = 'docker-image';
const paramsNote = 'default-params';

/** Somebody else may have written the note by hand. */
const paramsIn = ({ metadata }: catalog.ModelView): Json => {
  const text = metadata[paramsNote];
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

const model = (number: number, view: catalog.ModelView): { readonly [name: string]: Json } => ({
  id: number,
  name: shownName(view),
  model_id: referenceOf(view),
  source: sourceOf(view),
  description: view.description,
  default_params: paramsIn(view),
  docker_image: view.metadata[imageNote] ?? null,
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

const longestName = 255;
const Card = {
  description: z.string().nullish(),
  default_params: z.record(z.string(), z.json()).nullish(),
  docker_image: z.string().max(longestName).nullish(),
};
type Card = z.output<z.ZodObject<typeof Card>>;
const New = z.object({
  name: z.string().trim().min(1).max(longestName),
  model_id: z.string().trim().min(1).max(longestName),
  source: Source.default('huggingface'),
  ...Card,
});
const names = { aliases: 'name', metadata: 'default_params', reference: 'model_id' };

type Notes = catalog.ModelView['metadata'];

/** Undefined leaves a note as it is, null takes it away. */
const noted = (notes: Notes, name: string, value: string | null | undefined): Notes => {
  if (value === undefined) return notes;
  const { [name]: _, ...others } = notes;
  return value === null ? others : { ...others, [name]: value };
};

const notesOf = (notes: Notes, { default_params: params, docker_image: image }: Card): Notes =>
  noted(noted(notes, imageNote, image), paramsNote, params ? JSON.stringify(params) : params);

/** Who a model is from must be in the catalog before it. Whether they are new there. */
const assertProvider = async (
  to: To<typeof catalog.ListProviders | typeof catalog.RegisterProvider>,
  { provider, providerName }: ReturnType<typeof namingOf>,
): Promise<boolean> => {
  const known = await everyOf((page) => to.ask(catalog.ListProviders, page));
  if (known.some((each) => each.provider === provider)) return false;
  await to.ask(catalog.RegisterProvider, { provider, name: providerName });
  return true;
};

/** As it would be wished anew, with what changes. */
const wishedOf = (view: catalog.ModelView, { name, model_id: reference }: Partial<Wished>): Wished => ({
  name: name ?? shownName(view),
  model_id: reference ?? referenceOf(view),
  source: sourceOf(view),
});

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
    method: 'POST',
    path: '/models',
    operations: [catalog.ListProviders, catalog.RegisterProvider, catalog.RetireProvider, catalog.RegisterModel, catalog.NumberModels],
    body: New,
    names,
    status: 201,
    answer: async (to, { body }) => {
      const naming = namingOf(body);
      const isNew = await assertProvider(to, naming);
      const wished = {
        name: naming.name,
        type: 'text',
        aliases: naming.alias === undefined ? [] : [naming.alias],
        description: body.description ?? '',
        source: { from: body.source, reference: body.model_id },
        metadata: namedNotes(notesOf({}, body), body.name, naming.name),
      } as const;
      const made = await to.ask(catalog.RegisterModel, wished).catch(async (error: unknown) => {
        // Nothing is left behind of what was refused; where another model of theirs came meanwhile, they stay.
        if (isNew) await to.outcome(catalog.RetireProvider, { provider: naming.provider });
        throw error;
      });
      return (await numbered(to, [made]))[0] ?? null;
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
  row({
    method: 'PATCH',
    path: '/models/{model_id}',
    operations: [catalog.FindNumberedModel, catalog.ChangeModel],
    body: New.omit({ source: true }).partial(),
    names,
    answer: async (to, { path, body: { name, model_id: reference, description, ...card } }) => {
      const number = numberIn(path);
      const view = await to.ask(catalog.FindNumberedModel, { number });
      const wished = wishedOf(view, {
        ...(name === undefined ? {} : { name }),
        ...(reference === undefined ? {} : { model_id: reference }),
      });
      const changed = await to.ask(catalog.ChangeModel, {
        model: view.modelId,
        ...(name === undefined ? {} : { aliases: [...renamed(view, wished)] }),
        ...(reference === undefined ? {} : { source: { from: view.source?.from ?? wished.source, reference } }),
        ...(description === undefined ? {} : { description: description ?? '' }),
        metadata: namedNotes(notesOf(view.metadata, card), wished.name, view.name),
      });
      return model(number, changed);
    },
  }),
  row({
    method: 'DELETE',
    path: '/models/{model_id}',
    operations: [catalog.FindNumberedModel, catalog.RetireModel],
    status: 204,
    answer: async (to, { path }) => {
      const { modelId } = await to.ask(catalog.FindNumberedModel, { number: numberIn(path) });
      await to.ask(catalog.RetireModel, { model: modelId });
      return undefined;
    },
  }),
];
