import { LimitsSnapshot } from './limits/types.ts';
import { SettingsSnapshot } from './settings/types.ts';
import { Route, UpstreamSnapshot } from './types.ts';

/** What inference keeps up to date for every gateway, in buckets of JetStream's key-value store. */
export const Snapshots = {
  /** By name. */
  upstreams: { bucket: 'inference-upstreams', value: UpstreamSnapshot },
  /** By org id. */
  limits: { bucket: 'inference-limits', value: LimitsSnapshot },
  /** By org id. */
  settings: { bucket: 'inference-settings', value: SettingsSnapshot },
  /** By name. */
  routes: { bucket: 'inference-routes', value: Route },
} as const;
