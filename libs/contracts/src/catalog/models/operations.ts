import { z } from 'zod';
import { command, query } from '../../define.ts';
import { OffsetRequest, PageRequest, pageOf, Text } from '../../values.ts';
import { ModelId, ModelName, ModelRef, ProviderId } from './names.ts';
import { Capability, ModelCardChange, ModelType, ModelView, ProviderCard, ProviderView, PublicModelView } from './types.ts';

export const RegisterProvider = command({
  subject: 'catalog.register-provider',
  summary: 'Register a provider of models, or change what is said of it',
  http: 'PUT /providers/{provider}',
  access: 'operator',
  input: ProviderCard.extend({ provider: ProviderId }),
  output: ProviderView,
  refusals: {},
});

export const RetireProvider = command({
  subject: 'catalog.retire-provider',
  summary: 'Take a provider out of the catalog, once it has no models there',
  http: 'DELETE /providers/{provider}',
  access: 'operator',
  input: z.strictObject({ provider: ProviderId }),
  output: z.strictObject({}),
  refusals: { ProviderNotFound: 404, ProviderHasModels: 409 },
});

export const ListProviders = query({
  subject: 'catalog.list-providers',
  summary: 'Who the models are from, and how many there are of each',
  http: 'GET /providers',
  access: 'public',
  input: PageRequest,
  output: pageOf(ProviderView),
  refusals: {},
});

export const RegisterModel = command({
  subject: 'catalog.register-model',
  summary: 'Take a model into the catalog; it is live when it is said so',
  http: 'POST /models',
  created: true,
  access: 'operator',
  input: z.strictObject({ name: ModelName, ...ModelCardChange.shape, type: ModelType }),
  output: ModelView,
  refusals: { ProviderNotFound: 404, ModelNameTaken: 409, ModelNotFound: 404 },
});

export const ChangeModel = command({
  subject: 'catalog.change-model',
  summary: 'Change what is said of a model; what is left out stays as it is',
  http: 'PATCH /models/{model}',
  access: 'operator',
  input: z.strictObject({ model: ModelRef, ...ModelCardChange.shape }),
  output: ModelView,
  refusals: { ModelNotFound: 404, ModelNameTaken: 409 },
});

export const SetModelLive = command({
  subject: 'catalog.set-model-live',
  summary: 'Say whether a model can be called now',
  http: 'PUT /models/{model}/live',
  access: 'operator',
  input: z.strictObject({ model: ModelRef, isLive: z.boolean() }),
  output: ModelView,
  refusals: { ModelNotFound: 404 },
});

export const RetireModel = command({
  subject: 'catalog.retire-model',
  summary: 'Take a model out of the catalog; its names are free then',
  http: 'DELETE /models/{model}',
  access: 'operator',
  input: z.strictObject({ model: ModelRef }),
  output: z.strictObject({}),
  refusals: { ModelNotFound: 404 },
});

/** As the query of a URL says it. */
const Flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((flag) => flag === 'true')]);

const Filters = {
  /** Words that its name, another name, its family or its description holds. */
  search: Text.trim().min(1).max(200).optional(),
  provider: ProviderId.optional(),
  type: ModelType.optional(),
  capability: Capability.optional(),
  isLive: Flag.optional(),
};
export const ModelFilters = z.strictObject(Filters);
export type ModelFilters = z.output<typeof ModelFilters>;

export const ListModels = query({
  subject: 'catalog.list-models',
  summary: 'The models of the catalog by name, and what they cost now',
  http: 'GET /models',
  access: 'catalog:read',
  input: z.strictObject({ ...PageRequest.shape, ...Filters }),
  output: pageOf(ModelView),
  refusals: {},
});

/** For whoever may call some models alone: which of them there are. */
export const FindModels = query({
  subject: 'catalog.find-models',
  summary: 'The models with these ids or names',
  access: 'catalog:read',
  input: z.strictObject({ models: z.array(z.string().max(200)).max(200) }),
  output: z.strictObject({ items: z.array(ModelView) }),
  refusals: {},
});

export const GetModel = query({
  subject: 'catalog.get-model',
  summary: 'A model by its id, its name or another name of it',
  http: 'GET /models/{model}',
  access: 'catalog:read',
  input: z.strictObject({ model: ModelRef }),
  output: ModelView,
  refusals: { ModelNotFound: 404 },
});

export const ListPublicModels = query({
  subject: 'catalog.list-public-models',
  summary: 'The models of the catalog by name, for everybody, by offset',
  http: 'GET /public/models',
  access: 'public',
  input: z.strictObject({ ...OffsetRequest.shape, ...Filters }),
  output: z.strictObject({ items: z.array(PublicModelView), total: z.int().min(0) }),
  refusals: {},
});

export const GetPublicModel = query({
  subject: 'catalog.get-public-model',
  summary: 'A model by its id, its name or another name of it, for everybody',
  http: 'GET /public/models/{model}',
  access: 'public',
  input: z.strictObject({ model: ModelRef }),
  output: PublicModelView,
  refusals: { ModelNotFound: 404 },
});

const Numbered = z.int().min(1);

/** For published APIs whose ids are integers. */
export const NumberModels = query({
  subject: 'catalog.number-models',
  summary: 'The numbers of models: given once, and to nothing else',
  access: 'catalog:read',
  input: z.strictObject({ modelIds: z.array(ModelId).max(500) }),
  output: z.strictObject({ items: z.array(z.strictObject({ modelId: ModelId, number: Numbered })) }),
  refusals: { ModelNotFound: 404 },
});

export const FindNumberedModel = query({
  subject: 'catalog.find-numbered-model',
  summary: 'The model with a number',
  access: 'catalog:read',
  input: z.strictObject({ number: Numbered }),
  output: ModelView,
  refusals: { ModelNotFound: 404 },
});
