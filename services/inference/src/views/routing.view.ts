import type { inference } from '@orrery/contracts';
import { boolean, type Fact, instant, integer, json, nullable, text, view } from '@orrery/event-store';

export const upstreams = view({
  name: 'upstreams',
  table: 'upstreams',
  columns: {
    name: text(),
    kind: text<inference.Upstream['kind']>(),
    alsoSpeaks: json<inference.Upstream['alsoSpeaks']>(),
    baseUrl: text(),
    connectMs: integer(),
    firstByteMs: integer(),
    idleMs: integer(),
    concurrency: integer(),
    queue: integer(),
    credentialVersion: integer(),
    setAt: instant(),
  },
  key: ['name'],
  fold: ({ event }: Fact<inference.InferenceEvent>) => {
    switch (event.type) {
      case 'UpstreamSet': {
        const { at: setAt, ...upstream } = event.data;
        return [{ put: { ...upstream, setAt } }];
      }
      case 'UpstreamRemoved':
        return [{ drop: { name: event.data.name } }];
      default:
        return [];
    }
  },
});

export const routes = view({
  name: 'routes',
  table: 'routes',
  columns: {
    name: text(),
    models: json<inference.Route['models']>(),
    targets: json<inference.Route['targets']>(),
    fallbacks: json<inference.Route['fallbacks']>(),
    attempts: integer(),
    firstPauseMs: integer(),
    longestPauseMs: integer(),
    isSticky: boolean(),
    shadow: nullable(json<NonNullable<inference.Route['shadow']>>()),
    setAt: instant(),
  },
  key: ['name'],
  fold: ({ event }: Fact<inference.InferenceEvent>) => {
    switch (event.type) {
      case 'RouteSet': {
        const { at: setAt, ...route } = event.data;
        return [{ put: { ...route, setAt } }];
      }
      case 'RouteRemoved':
        return [{ drop: { name: event.data.name } }];
      default:
        return [];
    }
  },
});
