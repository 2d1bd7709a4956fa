import { z } from 'zod';
import { ModelView } from './models/types.ts';
import { ModelPrice, PriceBookView } from './prices/types.ts';

const { modelId, name, aliases, provider, source, contextLength, maxOutputTokens, isLive, registeredAt } = ModelView.shape;
const { version, currency, effectiveAt } = PriceBookView.shape;

/** What one price book says of one model. Without prices nothing is charged for it. */
export const ModelPrices = z.strictObject({ version, currency, effectiveAt, prices: z.array(ModelPrice) });
export type ModelPrices = z.infer<typeof ModelPrices>;

/** What a gateway must know of a model to show it and to let somebody call it: value of the `catalog-models` snapshot, by model id. */
export const ModelSnapshot = z.strictObject({
  modelId,
  name,
  aliases,
  provider,
  source,
  /** As people call it, where its metadata say so. */
  displayName: z.string().nullable(),
  contextLength,
  maxOutputTokens,
  isLive,
  registeredAt,
  /** Of the book that was in force an hour ago, then of those after it, announced ones too, in their order: each holds from its moment on. */
  books: z.array(ModelPrices),
});
export type ModelSnapshot = z.infer<typeof ModelSnapshot>;

/** What catalog keeps up to date for every gateway, in buckets of JetStream's key-value store. */
export const Snapshots = {
  /** By model id. */
  models: { bucket: 'catalog-models', value: ModelSnapshot },
} as const;
