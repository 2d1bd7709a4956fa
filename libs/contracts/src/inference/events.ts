import { z } from 'zod';
import { type EventOf, events } from '../define.ts';
import { Instant } from '../values.ts';
import { LimitEvents } from './limits/events.ts';
import { SettingsEvents } from './settings/events.ts';
import { Settlement, UsageDifference } from './settlements.ts';
import { Route, RoutingName, UpstreamView } from './types.ts';

const { setAt: _setAt, ...upstream } = UpstreamView.shape;

const RoutingEvents = events('inference', {
  /** Its credential lies beside the log, sealed, and can be deleted. */
  UpstreamSet: z.strictObject({ ...upstream, at: Instant }),
  UpstreamRemoved: z.strictObject({ name: RoutingName, at: Instant }),
  RouteSet: z.strictObject({ ...Route.shape, at: Instant }),
  RouteRemoved: z.strictObject({ name: RoutingName, at: Instant }),
});
export type RoutingEvent = EventOf<typeof RoutingEvents>;

const UsageEvents = events('inference', {
  /** Requests that ended are in the inference log, and are to be charged. */
  UsageSettled: Settlement,
  UsageDiffered: z.strictObject({ ...UsageDifference.shape, at: Instant }),
});

export const InferenceEvents = { ...RoutingEvents, ...LimitEvents, ...SettingsEvents, ...UsageEvents };
export type InferenceEvent = EventOf<typeof InferenceEvents>;
