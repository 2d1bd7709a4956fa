import { z } from 'zod';
import { events } from '../../define.ts';
import { Instant, OrgId } from '../../values.ts';
import { InferenceSettings } from './types.ts';

export const SettingsEvents = events('inference', {
  /** All of them as they are now. */
  InferenceSettingsSet: z.strictObject({ orgId: OrgId, settings: InferenceSettings, at: Instant }),
});
