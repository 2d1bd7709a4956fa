import { type Instant, inference } from '@orrery/contracts';
import { accept, type Decider, type Decision, type Rejection, reject } from '@orrery/kernel';

export type Command =
  | {
      readonly type: 'SetUpstream';
      readonly upstream: inference.Upstream;
      /** What happens to its credential, which is none of the log's business. */
      readonly credential: 'kept' | 'set' | 'removed';
      readonly at: Instant;
    }
  | { readonly type: 'RemoveUpstream'; readonly name: string; readonly at: Instant }
  | { readonly type: 'SetRoute'; readonly route: inference.Route; readonly at: Instant }
  | { readonly type: 'RemoveRoute'; readonly name: string; readonly at: Instant };

export type Event = inference.RoutingEvent;

export type Refusal =
  | Rejection<'TooManyUpstreams' | 'TooManyRoutes', { readonly limit: number }>
  | Rejection<'UpstreamNotFound' | 'ModelRouteNotFound', { readonly name: string }>
  | Rejection<'UpstreamInUse' | 'RouteInUse', { readonly name: string; readonly route: string }>
  | Rejection<'UpstreamUnknown', { readonly upstream: string }>
  | Rejection<'FallbackUnknown', { readonly route: string }>
  | Rejection<'ModelTaken', { readonly model: string; readonly route: string }>;

/** By their names. Plain JSON: it is kept in snapshots. */
export interface State {
  readonly upstreams: Readonly<Record<string, inference.UpstreamView>>;
  readonly routes: Readonly<Record<string, inference.RouteView>>;
}

type Decided = Decision<Event, Refusal>;

const without = <T>(all: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(all).filter(([key]) => key !== name));

/** What was set, in the order of the contract: equal settings make equal texts. */
const isSame = <T extends object>(set: (T & { readonly setAt: Instant }) | undefined, wished: T): boolean => {
  if (set === undefined) return false;
  const { setAt: _, ...rest } = set;
  const sorted = (value: object): string => JSON.stringify(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
  return sorted(rest) === sorted(wished);
};

const upstreamsOf = ({ targets, shadow }: inference.Route): readonly string[] => [
  ...targets.map(({ upstream }) => upstream),
  ...(shadow ? [shadow.upstream] : []),
];

const setUpstream = ({ upstream, credential, at }: Extract<Command, { type: 'SetUpstream' }>, { upstreams }: State): Decided => {
  const before = upstreams[upstream.name];
  const limit = inference.mostUpstreams;
  if (before === undefined && Object.keys(upstreams).length >= limit) return reject('TooManyUpstreams', { limit });
  const version = before?.credentialVersion ?? 0;
  const versions = { kept: version, set: version + 1, removed: 0 };
  const set = { ...upstream, credentialVersion: versions[credential] };
  return isSame(before, set) ? accept() : accept({ type: 'UpstreamSet', data: { ...set, at } });
};

const removeUpstream = ({ name, at }: Extract<Command, { type: 'RemoveUpstream' }>, { upstreams, routes }: State): Decided => {
  if (upstreams[name] === undefined) return reject('UpstreamNotFound', { name });
  const user = Object.values(routes).find((route) => upstreamsOf(route).includes(name));
  return user ? reject('UpstreamInUse', { name, route: user.name }) : accept({ type: 'UpstreamRemoved', data: { name, at } });
};

const setRoute = ({ route, at }: Extract<Command, { type: 'SetRoute' }>, { upstreams, routes }: State): Decided => {
  const unknown = upstreamsOf(route).find((name) => upstreams[name] === undefined);
  if (unknown !== undefined) return reject('UpstreamUnknown', { upstream: unknown });
  const others = without(routes, route.name);
  const nowhere = route.fallbacks.find((name) => others[name] === undefined);
  if (nowhere !== undefined) return reject('FallbackUnknown', { route: nowhere });
  for (const other of Object.values(others)) {
    const model = other.models.find((each) => route.models.includes(each));
    if (model !== undefined) return reject('ModelTaken', { model, route: other.name });
  }
  const limit = inference.mostRoutes;
  if (Object.keys(others).length >= limit) return reject('TooManyRoutes', { limit });
  return isSame(routes[route.name], route) ? accept() : accept({ type: 'RouteSet', data: { ...route, at } });
};

const removeRoute = ({ name, at }: Extract<Command, { type: 'RemoveRoute' }>, { routes }: State): Decided => {
  if (routes[name] === undefined) return reject('ModelRouteNotFound', { name });
  const user = Object.values(routes).find(({ fallbacks }) => fallbacks.includes(name));
  return user ? reject('RouteInUse', { name, route: user.name }) : accept({ type: 'RouteRemoved', data: { name, at } });
};

const decide = (command: Command, state: State): Decided => {
  switch (command.type) {
    case 'SetUpstream':
      return setUpstream(command, state);
    case 'RemoveUpstream':
      return removeUpstream(command, state);
    case 'SetRoute':
      return setRoute(command, state);
    case 'RemoveRoute':
      return removeRoute(command, state);
  }
};

const evolve = (state: State, event: Event): State => {
  const { upstreams, routes } = state;
  switch (event.type) {
    case 'UpstreamSet': {
      const { at: setAt, ...upstream } = event.data;
      return { ...state, upstreams: { ...upstreams, [upstream.name]: { ...upstream, setAt } } };
    }
    case 'UpstreamRemoved':
      return { ...state, upstreams: without(upstreams, event.data.name) };
    case 'RouteSet': {
      const { at: setAt, ...route } = event.data;
      return { ...state, routes: { ...routes, [route.name]: { ...route, setAt } } };
    }
    case 'RouteRemoved':
      return { ...state, routes: without(routes, event.data.name) };
  }
};

/**
 * What operators have decided about models: upstreams, and routes to them. Stream `routing-platform`, one for all of it, because a route names
 * upstreams and other routes, and no two may have a model.
 */
export const Routing: Decider<Command, Event, State, Refusal> = { initial: { upstreams: {}, routes: {} }, decide, evolve };
