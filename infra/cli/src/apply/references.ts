import type { Complaint } from './read-file.ts';
import type { RoutingFile } from './routing-file.ts';
import type { CurrentRouting } from './routing-steps.ts';

interface Named {
  readonly name: string;
}

/** Names that are there once the file is applied. */
const namesOf = (wanted: readonly Named[] | undefined, current: readonly Named[], isPruning: boolean): ReadonlySet<string> =>
  new Set([...(wanted ?? []), ...(wanted && isPruning ? [] : current)].map(({ name }) => name));

type WantedRoute = NonNullable<RoutingFile['routes']>[number];

const wrongUpstreams = ({ targets, shadow }: WantedRoute, known: ReadonlySet<string>): readonly Complaint[] => {
  const named = [
    ...targets.map(({ upstream }, at) => ({ upstream, path: ['targets', at, 'upstream'] })),
    ...(shadow ? [{ upstream: shadow.upstream, path: ['shadow', 'upstream'] }] : []),
  ];
  return named
    .filter(({ upstream }) => !known.has(upstream))
    .map(({ upstream, path }) => ({
      path,
      says: `names no upstream: there is no ${upstream}; add it under upstreams, or name another one`,
    }));
};

const wrongFallbacks = ({ name, fallbacks }: WantedRoute, known: ReadonlySet<string>): readonly Complaint[] =>
  fallbacks.flatMap((fallback, at) => {
    const path = ['fallbacks', at];
    if (fallback === name) return [{ path, says: 'is this route itself: name another one' }];
    return known.has(fallback) ? [] : [{ path, says: `names no route: there is no ${fallback}; add it, or name another one` }];
  });

const takenModels = ({ name, models }: WantedRoute, owners: Map<string, string>): readonly Complaint[] =>
  models.flatMap((model, at) => {
    const owner = owners.get(model);
    if (owner !== undefined) return [{ path: ['models', at], says: `is a model of the route ${owner} already: leave it out of one` }];
    owners.set(model, name);
    return [];
  });

/** Routes that name what is not there, and models that two routes of the file have: said by name and line before anything is done. */
export const wrongReferences = (
  { upstreams, routes = [] }: RoutingFile,
  current: CurrentRouting,
  { isPruning }: { readonly isPruning: boolean },
): readonly Complaint[] => {
  const knownUpstreams = namesOf(upstreams, current.upstreams, isPruning);
  const knownRoutes = namesOf(routes, current.routes, isPruning);
  const owners = new Map<string, string>();
  return routes.flatMap((route, index) =>
    [...takenModels(route, owners), ...wrongUpstreams(route, knownUpstreams), ...wrongFallbacks(route, knownRoutes)].map(
      ({ path, says }) => ({ path: ['routes', index, ...path], says }),
    ),
  );
};
