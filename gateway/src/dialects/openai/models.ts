import { catalog, epochOf } from '@orrery/contracts';
import { z } from 'zod';
import type { AnswerRoute } from '../../dialect.ts';
import type { KnownModel, Models } from '../../inference/admission/models.ts';
import { modelInfo, modelsPage } from '../anthropic/models.ts';
import { anthropicVersionHeader } from '../key-headers.ts';
import { callable, findCallable } from './callable.ts';
import { type Base, bases, type Json, rowAt, sharedBase } from './row.ts';

type Shown = { readonly [name: string]: Json };

const millisPerSecond = 1_000;

const model = ({ name, provider, registeredAt }: KnownModel): Shown => ({
  id: name,
  object: 'model',
  created: Math.floor(epochOf(registeredAt) / millisPerSecond),
  owned_by: provider,
});

/** With what LMStack's clients read besides. */
const sharedModel = (view: KnownModel): Shown => ({
  ...model(view),
  root: view.source?.reference ?? view.name,
  parent: null,
  permission: [],
});

/** With what NeoSpace's clients read besides: one page that is the last. */
const sharedList = (data: readonly Shown[]): Shown => ({ object: 'list', data, count: data.length, has_more: false });

type Header = (name: string) => string | undefined;
const isOfAnthropic = (header: Header): boolean => header(anthropicVersionHeader) !== undefined;

/** Of its pages others know nothing: they read no query. */
const Pages = z.object({ limit: z.unknown(), after_id: z.unknown(), before_id: z.unknown() }).partial();

const rowsAt = (base: Base, models: Models): readonly AnswerRoute[] => {
  const row = rowAt(base);
  const isShared = base === sharedBase;
  const shown = isShared ? sharedModel : model;
  const one = (view: KnownModel, header: Header): Shown => (isOfAnthropic(header) ? modelInfo(view) : shown(view));
  return [
    row({
      method: 'GET',
      path: '/models',
      operations: [catalog.ListModels],
      query: Pages,
      answer: async (_, { caller, header, query }) => {
        const found = await callable(models, caller);
        if (isOfAnthropic(header)) return modelsPage(found, query);
        const data = found.map(shown);
        return isShared ? sharedList(data) : { object: 'list', data };
      },
    }),
    row({
      method: 'GET',
      path: '/models/{model}',
      operations: [catalog.GetModel],
      answer: async (_, { path, caller, header }) => one(await findCallable(models, path['model'], caller), header),
    }),
    // Clients that write a name with its slash into the path.
    row({
      method: 'GET',
      path: '/models/{provider}/{name}',
      operations: [catalog.GetModel],
      answer: async (_, { path, caller, header }) => one(await findCallable(models, `${path['provider']}/${path['name']}`, caller), header),
    }),
  ];
};

/** What can be called, on every base: known here, as whatever a call needs, so that it is told while the catalog is away. */
export const modelRows = (models: Models): readonly AnswerRoute[] => bases.flatMap((base) => rowsAt(base, models));
