import { z } from 'zod';
import { type EventOf, events } from '../define.ts';
import { Instant } from '../values.ts';
import { LimitEvents } from './limits/events.ts';
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

export const InferenceEvents = { ...RoutingEvents, ...LimitEvents };
export type InferenceEvent = EventOf<typeof InferenceEvents>;
