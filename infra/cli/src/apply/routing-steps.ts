import type { inference } from '@orrery/contracts';
import { type Credentials, referenceText } from './credentials.ts';
import type { RoutingFile } from './routing-file.ts';
import { changesOf, inPath, made, removed, type Step } from './step.ts';

export interface CurrentRouting {
  readonly upstreams: readonly inference.UpstreamView[];
  readonly routes: readonly inference.RouteView[];
}

type WantedUpstream = NonNullable<RoutingFile['upstreams']>[number];

/** What becomes of a credential, in words; undefined where it stays. */
const credentialChange = ({ name, credential }: WantedUpstream, before: inference.UpstreamView | undefined, credentials: Credentials) => {
  const has = (before?.credentialVersion ?? 0) > 0;
  if (credential === null) return has ? 'credential: set → none' : undefined;
  if (credential === undefined || !credentials.has(name)) return undefined;
  return `credential: ${has ? 'set' : 'none'} → what ${referenceText(credential)} holds`;
};

export const upstreamSteps = ({ upstreams = [] }: RoutingFile, current: CurrentRouting, credentials: Credentials): readonly Step[] =>
  upstreams.flatMap((wanted): readonly Step[] => {
    const { name, credential, ...settings } = wanted;
    const before = current.upstreams.find((each) => each.name === name);
    const change = credentialChange(wanted, before, credentials);
    const details = [...(before ? changesOf({ ...before }, settings) : []), ...(change === undefined ? [] : [change])];
    if (before && details.length === 0) return [];
    const secret = credential === null ? null : credentials.get(name);
    const body = { ...settings, ...(secret === undefined ? {} : { credential: secret }) };
    return [{ sign: before ? '~' : '+', what: `upstream ${name}`, details, method: 'PUT', path: `/upstreams/${inPath(name)}`, body }];
  });

type WantedRoute = NonNullable<RoutingFile['routes']>[number];

/** Those to which others fall back come first, as far as that is possible. */
const inOrder = (routes: readonly WantedRoute[]): readonly WantedRoute[] => {
  const seen = new Set<string>();
  const ordered: WantedRoute[] = [];
  const visit = (route: WantedRoute): void => {
    if (seen.has(route.name)) return;
    seen.add(route.name);
    for (const next of routes) if (route.fallbacks.includes(next.name)) visit(next);
    ordered.push(route);
  };
  for (const route of routes) visit(route);
  return ordered;
};

const setting = ({ name, ...route }: WantedRoute): Pick<Step, 'method' | 'path' | 'body'> => ({
  method: 'PUT',
  path: `/routes/${inPath(name)}`,
  body: route,
});

/**
 * Those that change go first: one may let go of a model that another one takes. Where two fall back to each other the first is set without
 * that, and falls back when the other one is there.
 */
export const routeSteps = ({ routes = [] }: RoutingFile, current: CurrentRouting): readonly Step[] => {
  const there = new Map<string, { readonly fallbacks: readonly string[] }>(current.routes.map((route) => [route.name, route]));
  const isKnown = ({ name }: WantedRoute): boolean => there.has(name);
  const ordered = [...routes.filter(isKnown), ...inOrder(routes.filter((route) => !isKnown(route)))];
  const set = new Set(there.keys());
  const later: Step[] = [];
  const steps = ordered.flatMap((route) => {
    const fallbacks = route.fallbacks.filter((name) => set.has(name));
    const what = `route ${route.name}`;
    set.add(route.name);
    if (fallbacks.length < route.fallbacks.length) later.push(...made(what, { fallbacks }, { fallbacks: route.fallbacks }, setting(route)));
    const first = { ...route, fallbacks };
    const before = current.routes.find(({ name }) => name === route.name);
    return made(what, before && { ...before }, first, setting(first));
  });
  return [...steps, ...later];
};

/** Routes that others fall back to go after those, and upstreams after all routes. */
export const routingRemovals = ({ upstreams, routes }: RoutingFile, current: CurrentRouting): readonly Step[] => {
  const gone = routes ? current.routes.filter(({ name }) => !routes.some((route) => route.name === name)) : [];
  const unused = upstreams ? current.upstreams.filter(({ name }) => !upstreams.some((each) => each.name === name)) : [];
  return [
    ...[...inOrder(gone)].reverse().map(({ name }) => removed(`route ${name}`, `/routes/${inPath(name)}`)),
    ...unused.map(({ name }) => removed(`upstream ${name}`, `/upstreams/${inPath(name)}`)),
  ];
};
