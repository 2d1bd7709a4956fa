import { z } from 'zod';
import { id } from '../../define.ts';

/** `openai`, `meta-llama`: who a model is from, as its name begins. */
export const ProviderId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and hyphens')
  .meta({ id: 'ProviderId' });
export type ProviderId = z.infer<typeof ProviderId>;

export const ModelId = id('ModelId');
export type ModelId = z.infer<typeof ModelId>;

/** `provider/name`: what clients send as `model`, and what a price is set on. It stays for as long as the model is there. */
export const ModelName = z
  .string()
  .max(200)
  .regex(/^[a-z0-9][a-z0-9-]{0,62}\/[A-Za-z0-9][A-Za-z0-9._:-]*$/, 'provider/name')
  .meta({ id: 'ModelName' });
export type ModelName = z.infer<typeof ModelName>;

/** Another name of a model: without a provider, or as it is called elsewhere. */
export const ModelAlias = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/, 'letters, digits and any of . _ : / -')
  .refine((alias) => !z.uuid().safeParse(alias).success, 'looks like an id: choose another name')
  .meta({ id: 'ModelAlias' });
export type ModelAlias = z.infer<typeof ModelAlias>;

/** By its id, its name or one of its other names. */
export const ModelRef = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]*$/, 'the id of a model, its name or another name of it')
  .meta({ id: 'ModelRef' });
export type ModelRef = z.infer<typeof ModelRef>;
