import { billing, catalog, inference } from '@orrery/contracts';
import type { Bus } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import { follow } from '../../access/follow-snapshots.ts';
import { Snapshot } from '../../access/snapshot.ts';
import { type OrgSettings, orgSettingsIn } from '../settings/org-settings.ts';
import { LocalAdmission, type LocalAdmissionParts } from './local-admission.ts';
import { Models } from './models.ts';
import type { Admission } from './offer.ts';

export interface FollowAdmissionOptions extends Pick<LocalAdmissionParts, 'clock' | 'keys' | 'plans' | 'defaultPlan'> {
  readonly log: Log;
}

export interface FollowedAdmission {
  readonly admission: Admission;
  readonly models: Models;
  readonly settings: OrgSettings;
  readonly close: () => Promise<void>;
}

/** What catalog, billing and inference publish for gateways: it stays in memory while they and the bus are away. */
export const followAdmission = (bus: Bus, { log, ...known }: FollowAdmissionOptions): FollowedAdmission => {
  const models = new Models();
  const ledgers = new Snapshot<billing.LedgerSnapshot>();
  const limits = new Snapshot<inference.LimitsSnapshot>();
  const settings = new Snapshot<inference.SettingsSnapshot>();
  const followed = [
    follow(bus, catalog.Snapshots.models, { into: models.snapshot, log }),
    follow(bus, billing.Snapshots.ledgers, { into: ledgers, log }),
    follow(bus, inference.Snapshots.limits, { into: limits, log }),
    follow(bus, inference.Snapshots.settings, { into: settings, log }),
  ];
  return {
    models,
    admission: new LocalAdmission({ models, ledgers, limits, settings, ...known }),
    settings: orgSettingsIn(settings),
    close: async () => {
      await Promise.all(followed.map((watcher) => watcher.close()));
    },
  };
};
