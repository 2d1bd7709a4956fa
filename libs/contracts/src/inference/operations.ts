import { z } from 'zod';
import { command, query } from '../define.ts';
import { PageRequest, pageOf, Text } from '../values.ts';
import { Route, RouteView, RoutingName, Upstream, UpstreamView } from './types.ts';

const upstream = Upstream.shape;
const route = Route.shape;

export const SetUpstream = command({
  subject: 'inference.set-upstream',
  summary: 'Set a model server or an account with a provider; what was set before is replaced, and every gateway knows within a second',
  http: 'PUT /upstreams/{name}',
  access: 'operator',
  input: z.strictObject({
    name: upstream.name,
    kind: upstream.kind.default('openai'),
    alsoSpeaks: upstream.alsoSpeaks.default([]),
    baseUrl: upstream.baseUrl,
    connectMs: upstream.connectMs.default(2_000),
    firstByteMs: upstream.firstByteMs.default(120_000),
    idleMs: upstream.idleMs.default(60_000),
    concurrency: upstream.concurrency.default(256),
    queue: upstream.queue.default(512),
    /** Left out: the one that it has stays. Null: it has none any more. */
    credential: Text.min(1)
      .max(4_096)
      .regex(/^[\x21-\x7e]+$/, 'printable characters of ASCII, and no spaces')
      .nullable()
      .optional(),
  }),
  output: UpstreamView,
  refusals: { TooManyUpstreams: 409 },
});

export const RemoveUpstream = command({
  subject: 'inference.remove-upstream',
  summary: 'Remove an upstream that no route names, and its credential for good',
  http: 'DELETE /upstreams/{name}',
  access: 'operator',
  input: z.strictObject({ name: RoutingName }),
  output: z.strictObject({}),
  refusals: { UpstreamNotFound: 404, UpstreamInUse: 409 },
});

export const ListUpstreams = query({
  subject: 'inference.list-upstreams',
  summary: 'The upstreams by name; of their credentials only that they have one',
  http: 'GET /upstreams',
  access: 'operator',
  input: PageRequest,
  output: pageOf(UpstreamView),
  refusals: {},
});

export const SetRoute = command({
  subject: 'inference.set-route',
  summary: 'Say which upstreams answer for a model; what was set before is replaced, and every gateway knows within a second',
  http: 'PUT /routes/{name}',
  access: 'operator',
  input: z.strictObject({
    name: route.name,
    models: route.models,
    targets: z.array(route.targets.element.extend({ weight: route.targets.element.shape.weight.default(1) })).pipe(route.targets),
    fallbacks: route.fallbacks.default([]),
    attempts: route.attempts.default(3),
    firstPauseMs: route.firstPauseMs.default(100),
    longestPauseMs: route.longestPauseMs.default(5_000),
    isSticky: route.isSticky.default(false),
    shadow: route.shadow.default(null),
  }),
  output: RouteView,
  refusals: { UpstreamUnknown: 409, FallbackUnknown: 409, ModelTaken: 409, TooManyRoutes: 409 },
});

export const RemoveRoute = command({
  subject: 'inference.remove-route',
  summary: 'Remove a route that no other falls back to: its models are served no more',
  http: 'DELETE /routes/{name}',
  access: 'operator',
  input: z.strictObject({ name: RoutingName }),
  output: z.strictObject({}),
  refusals: { ModelRouteNotFound: 404, RouteInUse: 409 },
});

export const ListRoutes = query({
  subject: 'inference.list-routes',
  summary: 'The routes by name: which models are served, and by what',
  http: 'GET /routes',
  access: 'operator',
  input: PageRequest,
  output: pageOf(RouteView),
  refusals: {},
});
