import type { inference } from '@orrery/contracts';
import { lawsOf, specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, Routing } from './routing.ts';

const at = '2026-01-01T00:00:00.000Z';
const upstream = (name: string): inference.Upstream => ({
  name,
  kind: 'openai',
  alsoSpeaks: [],
  baseUrl: 'http://127.0.0.1:8000/v1',
  connectMs: 1_000,
  firstByteMs: 10_000,
  idleMs: 10_000,
  concurrency: 8,
  queue: 8,
});
const route = (name: string, more: Partial<inference.Route> = {}): inference.Route => ({
  name,
  models: [name],
  targets: [{ upstream: 'gpu', model: 'm', weight: 1 }],
  fallbacks: [],
  attempts: 3,
  firstPauseMs: 100,
  longestPauseMs: 1_000,
  isSticky: false,
  shadow: null,
  ...more,
});
const upstreamSet = (name: string, credentialVersion = 0): Event => ({
  type: 'UpstreamSet',
  data: { ...upstream(name), credentialVersion, at },
});
const routeSet = (name: string, more: Partial<inference.Route> = {}): Event => ({ type: 'RouteSet', data: { ...route(name, more), at } });
const setUpstream = (name: string, credential: 'kept' | 'set' | 'removed' = 'kept'): Command => ({
  type: 'SetUpstream',
  upstream: upstream(name),
  credential,
  at,
});
const setRoute = (name: string, more: Partial<inference.Route> = {}): Command => ({ type: 'SetRoute', route: route(name, more), at });

const { given } = specify(Routing);
const gpu = upstreamSet('gpu');

describe('An upstream', () => {
  it('is set, and set again only where something changes', () => {
    given().when(setUpstream('gpu')).thenEvents(gpu);
    given(gpu).when(setUpstream('gpu')).thenNothing();
  });

  it('gets another version with each credential, and none without', () => {
    given(gpu).when(setUpstream('gpu', 'set')).thenEvents(upstreamSet('gpu', 1));
    given(upstreamSet('gpu', 1)).when(setUpstream('gpu', 'set')).thenEvents(upstreamSet('gpu', 2));
    given(upstreamSet('gpu', 2)).when(setUpstream('gpu')).thenNothing();
    given(upstreamSet('gpu', 2)).when(setUpstream('gpu', 'removed')).thenEvents(gpu);
  });

  it('stays while a route names it, as target or as shadow', () => {
    given(gpu)
      .when({ type: 'RemoveUpstream', name: 'gpu', at })
      .thenEvents({ type: 'UpstreamRemoved', data: { name: 'gpu', at } });
    given(gpu, routeSet('llama')).when({ type: 'RemoveUpstream', name: 'gpu', at }).thenRejected('UpstreamInUse');
    const shadow = { upstream: 'other', model: 'm', percent: 5 };
    given(gpu, upstreamSet('other'), routeSet('llama', { shadow }))
      .when({ type: 'RemoveUpstream', name: 'other', at })
      .thenRejected('UpstreamInUse');
    given().when({ type: 'RemoveUpstream', name: 'gpu', at }).thenRejected('UpstreamNotFound');
  });
});

describe('A route', () => {
  it('names upstreams that there are', () => {
    given(gpu).when(setRoute('llama')).thenEvents(routeSet('llama'));
    given().when(setRoute('llama')).thenRejected('UpstreamUnknown');
    given(gpu, routeSet('llama')).when(setRoute('llama')).thenNothing();
  });

  it('has its models for itself', () => {
    given(gpu, routeSet('llama', { models: ['a', 'b'] }))
      .when(setRoute('other', { models: ['c', 'b'] }))
      .thenRejected('ModelTaken');
    given(gpu, routeSet('llama', { models: ['a', 'b'] }))
      .when(setRoute('llama', { models: ['b'] }))
      .thenEvents(routeSet('llama', { models: ['b'] }));
  });

  it('falls back to others that there are, which stay as long', () => {
    given(gpu)
      .when(setRoute('llama', { fallbacks: ['small'] }))
      .thenRejected('FallbackUnknown');
    given(gpu)
      .when(setRoute('llama', { fallbacks: ['llama'] }))
      .thenRejected('FallbackUnknown');
    const both = given(gpu, routeSet('small'), routeSet('llama', { fallbacks: ['small'] }));
    both.when({ type: 'RemoveRoute', name: 'small', at }).thenRejected('RouteInUse');
    both.when({ type: 'RemoveRoute', name: 'llama', at }).thenEvents({ type: 'RouteRemoved', data: { name: 'llama', at } });
    given(gpu).when({ type: 'RemoveRoute', name: 'llama', at }).thenRejected('ModelRouteNotFound');
  });
});

const names = fc.constantFrom('gpu', 'small', 'llama');
const commands: fc.Arbitrary<Command> = fc.oneof(
  fc
    .tuple(names, fc.constantFrom('kept' as const, 'set' as const, 'removed' as const))
    .map(([name, credential]) => setUpstream(name, credential)),
  names.map((name): Command => ({ type: 'RemoveUpstream', name, at })),
  fc
    .tuple(names, fc.subarray(['gpu', 'small', 'llama']), fc.subarray(['a', 'b', 'c'], { minLength: 1 }))
    .map(([name, fallbacks, models]) => setRoute(name, { fallbacks, models })),
  names.map((name): Command => ({ type: 'RemoveRoute', name, at })),
);

describe('Routing keeps the laws of deciders', () => {
  // What is removed is gone, and a credential that is set again is another one.
  const isRepeatable = (command: Command): boolean => command.type === 'SetUpstream' && command.credential === 'set';
  it.each(lawsOf(Routing, commands, { isRepeatable }))('$name', ({ check }) => check());
});
