import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant } from '../../values.ts';
import { ModelId, ModelName, ProviderId } from './names.ts';
import { ModelCard } from './types.ts';

const provider = { provider: ProviderId, name: z.string(), description: z.string(), at: Instant };
const model = { modelId: ModelId, name: ModelName };
const card = { ...model, provider: ProviderId, ...ModelCard.shape, at: Instant };

export const ModelEvents = events('catalog', {
  ProviderRegistered: z.strictObject(provider),
  ProviderChanged: z.strictObject(provider),
  ProviderRetired: z.strictObject({ provider: ProviderId, at: Instant }),
  ModelRegistered: z.strictObject(card),
  /** The whole card as it is from now on. */
  ModelChanged: z.strictObject(card),
  /** From now on it can be called. */
  ModelWentLive: z.strictObject({ ...model, at: Instant }),
  ModelWentOffline: z.strictObject({ ...model, at: Instant }),
  /** Its names are free for another one. */
  ModelRetired: z.strictObject({ ...model, at: Instant }),
});
