import { inference } from '@orrery/contracts';
import type { ReadSnapshot } from '../../access/snapshot.ts';

/** How organizations have their requests treated, known to this gateway before anybody asks. */
export interface OrgSettings {
  of(orgId: string): inference.InferenceSettings;
}

export const orgSettingsIn = (snapshot: ReadSnapshot<inference.SettingsSnapshot>): OrgSettings => ({
  of: (orgId) => snapshot.get(orgId)?.settings ?? inference.usualSettings,
});
