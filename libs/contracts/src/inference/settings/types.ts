import { z } from 'zod';
import { Instant, OrgId } from '../../values.ts';
import { CachePolicy, usualCache } from './cache.ts';
import { Guardrails } from './guardrails.ts';
import { LoggingPolicy, usualLogging } from './logging.ts';

/** How an organization has its requests for inference treated, a section each. */
export const InferenceSettings = z
  .strictObject({ logging: LoggingPolicy, cache: CachePolicy, guardrails: Guardrails })
  .meta({ id: 'InferenceSettings' });
export type InferenceSettings = z.infer<typeof InferenceSettings>;

/** Of an organization that never set any. */
export const usualSettings: InferenceSettings = { logging: usualLogging, cache: usualCache, guardrails: [] };

export const InferenceSettingsView = z
  .strictObject({ ...InferenceSettings.shape, /** Null: they are the usual ones. */ setAt: Instant.nullable() })
  .meta({ id: 'InferenceSettingsView' });
export type InferenceSettingsView = z.infer<typeof InferenceSettingsView>;

/** Of an organization that set some: value of the `inference-settings` snapshot, by org id. */
export const SettingsSnapshot = z.strictObject({ orgId: OrgId, settings: InferenceSettings });
export type SettingsSnapshot = z.infer<typeof SettingsSnapshot>;
