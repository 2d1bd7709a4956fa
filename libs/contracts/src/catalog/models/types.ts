import { z } from 'zod';
import { Instant, NameText, Text } from '../../values.ts';
import { Pricing } from '../prices/types.ts';
import { ModelAlias, ModelId, ModelName, ProviderId } from './names.ts';

const providerFields = {
  /** What people call it. */
  name: z.string(),
  description: z.string(),
};

/** What an operator says of a provider. */
export const ProviderCard = z.strictObject({ name: NameText.min(1).max(100), description: Text.max(2_000).default('') });

export const ProviderView = z
  .strictObject({ provider: ProviderId, ...providerFields, models: z.int().min(0), registeredAt: Instant })
  .meta({ id: 'Provider' });
export type ProviderView = z.infer<typeof ProviderView>;

export const ModelType = z.enum(['text', 'image', 'audio', 'multimodal', 'embedding']).meta({ id: 'ModelType' });
export type ModelType = z.infer<typeof ModelType>;

export const Modality = z.enum(['text', 'image', 'audio', 'video', 'file', 'embedding']).meta({ id: 'Modality' });
export type Modality = z.infer<typeof Modality>;

export const Capability = z
  .enum([
    'chat',
    'completions',
    'responses',
    'embeddings',
    'images',
    'transcription',
    'speech',
    'streaming',
    'tools',
    'json-schema',
    'logprobs',
    'vision',
    'reasoning',
    'batch',
  ])
  .meta({ id: 'Capability' });
export type Capability = z.infer<typeof Capability>;

/** Where the weights come from, where they come from somewhere. */
export const ModelSource = z
  .strictObject({ from: z.enum(['huggingface', 'ollama', 'url']), reference: Text.min(1).max(500) })
  .meta({ id: 'ModelSource' });
export type ModelSource = z.infer<typeof ModelSource>;

const mostAliases = 50;
const mostNotes = 50;
const longest = 100_000_000;

/** Whatever else is to be said of a model: kept as it is written, and shown to who is signed in. */
const Metadata = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits and any of . _ -'), Text.max(4_000))
  .refine((notes) => Object.keys(notes).length <= mostNotes, `has more than ${mostNotes} entries`);

/** No two alike, in the order in which they were given: what is said twice is said once. */
const distinct = <S extends z.ZodType>(item: S, most: number) =>
  z
    .array(item)
    .max(most)
    .transform((items) => [...new Set(items)]);

const cardFields = {
  /** `llama-3`: models of one kin, for whoever chooses among them. */
  family: Text.trim().min(1).max(100).nullable(),
  type: ModelType,
  /** In tokens, of prompt and answer together. */
  contextLength: z.int().min(1).max(longest).nullable(),
  maxOutputTokens: z.int().min(1).max(longest).nullable(),
  description: Text.max(5_000),
  /** False where it answers from processors alone. */
  needsGpu: z.boolean(),
  source: ModelSource.nullable(),
  metadata: Metadata,
};

/** What an operator says of a model, whole. */
export const ModelCard = z.strictObject({
  ...cardFields,
  aliases: z.array(ModelAlias),
  inputModalities: z.array(Modality),
  outputModalities: z.array(Modality),
  capabilities: z.array(Capability),
});
export type ModelCard = z.infer<typeof ModelCard>;

/** The same as it is sent, in part. */
export const ModelCardChange = z
  .strictObject({
    ...cardFields,
    aliases: distinct(ModelAlias, mostAliases),
    inputModalities: distinct(Modality, 10),
    outputModalities: distinct(Modality, 10),
    capabilities: distinct(Capability, 50),
  })
  .partial();
export type ModelCardChange = z.infer<typeof ModelCardChange>;

/** Of a model of which nothing else is said. */
export const plainModelCard: Omit<ModelCard, 'type'> = {
  aliases: [],
  family: null,
  contextLength: null,
  maxOutputTokens: null,
  inputModalities: ['text'],
  outputModalities: ['text'],
  capabilities: [],
  description: '',
  needsGpu: false,
  source: null,
  metadata: {},
};

const asEverybodySees = {
  modelId: ModelId,
  name: ModelName,
  provider: ProviderId,
  ...ModelCard.omit({ metadata: true }).shape,
  /** Whether it can be called now. */
  isLive: z.boolean(),
  /** Null: nothing is charged for it. */
  pricing: Pricing.nullable(),
  registeredAt: Instant,
  changedAt: Instant,
};

/** A model as it is shown to everybody. */
export const PublicModelView = z.strictObject(asEverybodySees).meta({ id: 'PublicModel' });
export type PublicModelView = z.infer<typeof PublicModelView>;

export const ModelView = z.strictObject({ ...asEverybodySees, metadata: ModelCard.shape.metadata }).meta({ id: 'Model' });
export type ModelView = z.infer<typeof ModelView>;

type Named = Pick<ModelView, 'modelId' | 'name'> & { readonly aliases: readonly string[] };

/** Whether a key that may call these models alone may call this one. Null: it may call all. */
export const admitsModel = (allowed: readonly string[] | null | undefined, { modelId, name, aliases }: Named): boolean =>
  !allowed || [modelId, name, ...aliases].some((each) => allowed.includes(each));
