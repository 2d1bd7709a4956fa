import { catalog, epochOf } from '@orrery/contracts';
import { z } from 'zod';
import type { Caller } from '../../access/caller.ts';
import type { AnswerRoute } from '../../dialect.ts';
import { Failed, refusal } from '../../failure.ts';
import { modelInfo, modelsPage } from '../anthropic/models.ts';
import { everyOf } from '../every-of.ts';
import { anthropicVersionHeader } from '../key-headers.ts';
import { idOf, type To } from '../row.ts';
import { type Base, bases, type Json, rowAt, sharedBase } from './row.ts';

type Shown = { readonly [name: string]: Json };

const millisPerSecond = 1_000;

const model = ({ name, provider, registeredAt }: catalog.ModelView): Shown => ({
  id: name,
  object: 'model',
  created: Math.floor(epochOf(registeredAt) / millisPerSecond),
  owned_by: provider,
});

/** With what LMStack's clients read besides. */
const sharedModel = (view: catalog.ModelView): Shown => ({
  ...model(view),
  root: view.source?.reference ?? view.name,
  parent: null,
  permission: [],
});

/** With what NeoSpace's clients read besides: one page that is the last. */
const sharedList = (data: readonly Shown[]): Shown => ({ object: 'list', data, count: data.length, has_more: false });

/** What a caller can call now: of a key that may call some models alone, those. */
const callable = async (
  to: To<typeof catalog.ListModels | typeof catalog.FindModels>,
  { models }: Caller,
): Promise<readonly catalog.ModelView[]> => {
  if (models === undefined) return await everyOf((page) => to.ask(catalog.ListModels, { ...page, isLive: true }));
  return (await to.ask(catalog.FindModels, { models: [...models] })).items.filter(({ isLive }) => isLive);
};

/** A model that a caller can call now. */
export const findCallable = async (
  to: To<typeof catalog.GetModel>,
  ref: string | undefined,
  { models }: Caller,
): Promise<catalog.ModelView> => {
  const view = await to.ask(catalog.GetModel, { model: idOf(catalog.ModelRef, ref, 'ModelNotFound') });
  if (view.isLive && catalog.admitsModel(models, view)) return view;
  throw new Failed(refusal(catalog.GetModel, { code: 'ModelNotFound', details: {} }));
};

type Header = (name: string) => string | undefined;
const isOfAnthropic = (header: Header): boolean => header(anthropicVersionHeader) !== undefined;

/** Of its pages others know nothing: they read no query. */
const Pages = z.object({ limit: z.unknown(), after_id: z.unknown(), before_id: z.unknown() }).partial();

const rowsAt = (base: Base): readonly AnswerRoute[] => {
  const row = rowAt(base);
  const isShared = base === sharedBase;
  const shown = isShared ? sharedModel : model;
  const one = (view: catalog.ModelView, header: Header): Shown => (isOfAnthropic(header) ? modelInfo(view) : shown(view));
  return [
    row({
      method: 'GET',
      path: '/models',
      operations: [catalog.ListModels, catalog.FindModels],
      query: Pages,
      answer: async (to, { caller, header, query }) => {
        const models = await callable(to, caller);
        if (isOfAnthropic(header)) return modelsPage(models, query);
        const data = models.map(shown);
        return isShared ? sharedList(data) : { object: 'list', data };
      },
    }),
    row({
      method: 'GET',
      path: '/models/{model}',
      operations: [catalog.GetModel],
      answer: async (to, { path, caller, header }) => one(await findCallable(to, path['model'], caller), header),
    }),
    // Clients that write a name with its slash into the path.
    row({
      method: 'GET',
      path: '/models/{provider}/{name}',
      operations: [catalog.GetModel],
      answer: async (to, { path, caller, header }) => one(await findCallable(to, `${path['provider']}/${path['name']}`, caller), header),
    }),
  ];
};

/** What can be called, on every base. */
export const models = bases.flatMap(rowsAt);
