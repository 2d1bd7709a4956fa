import { createHmac } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { type InputOf, inference, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith, type Write } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type Command, type Event, Routing, type State } from '../domain/routing.ts';
import { routes, upstreams } from '../views/routing.view.ts';
import { Snapshots } from './snapshots.ts';
import { forgetCredential, keepCredential } from './upstream-credentials.ts';

const stream = 'routing-platform';

/** Tells whether two requests were the same: a plain hash of a credential would say what it was to whoever guesses. */
export class MarkKey {
  constructor(readonly bytes: Buffer) {}
}

const thereNow = <T>(set: T | undefined): T => {
  if (set === undefined) throw new TypeError('what was set is there');
  return set;
};

interface Around<A> {
  readonly input: unknown;
  readonly answer: (state: State) => A;
  readonly writes?: (events: readonly Event[]) => readonly Write[];
}

@Controller()
export class RoutingHandler {
  private readonly routing;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    private readonly markKey: MarkKey,
  ) {
    this.routing = handleWith(store, Routing, { name: 'routing', snapshots: { every: 100, shape: 'routing-1' } });
  }

  @Serves(inference.SetUpstream)
  async setUpstream(
    { credential, ...upstream }: InputOf<typeof inference.SetUpstream>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.SetUpstream>> {
    const { name } = upstream;
    const what = credential === undefined ? 'kept' : credential === null ? 'removed' : 'set';
    const mark = credential ? createHmac('sha256', this.markKey.bytes).update(credential).digest('hex') : what;
    const kept = credential ? [keepCredential(this.store, name, credential)] : what === 'removed' ? [forgetCredential(name)] : [];
    const command = { type: 'SetUpstream', upstream, credential: what, at: instantOf(systemClock.now()) } as const;
    const answer = await this.tell(command, context, {
      input: { ...upstream, mark },
      answer: (state) => thereNow(state.upstreams[name]),
      writes: () => kept,
    });
    await this.snapshots.upstreamChanged(name);
    return answer;
  }

  @Serves(inference.RemoveUpstream)
  async removeUpstream(
    input: InputOf<typeof inference.RemoveUpstream>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.RemoveUpstream>> {
    const { name } = input;
    const command = { type: 'RemoveUpstream', name, at: instantOf(systemClock.now()) } as const;
    await this.tell(command, context, { input, answer: () => ({}), writes: () => [forgetCredential(name)] });
    await this.snapshots.upstreamChanged(name);
    return {};
  }

  @Serves(inference.ListUpstreams)
  async listUpstreams({ limit, cursor }: InputOf<typeof inference.ListUpstreams>): Promise<OutputOf<typeof inference.ListUpstreams>> {
    return await this.store.read(upstreams).page({ where: {}, order: { by: ['name'] }, limit, cursor });
  }

  @Serves(inference.SetRoute)
  async setRoute(route: InputOf<typeof inference.SetRoute>, context: RequestContext): Promise<OutputOf<typeof inference.SetRoute>> {
    const command = { type: 'SetRoute', route, at: instantOf(systemClock.now()) } as const;
    const answer = await this.tell(command, context, { input: route, answer: (state) => thereNow(state.routes[route.name]) });
    await this.snapshots.routeChanged(route.name);
    return answer;
  }

  @Serves(inference.RemoveRoute)
  async removeRoute(
    input: InputOf<typeof inference.RemoveRoute>,
    context: RequestContext,
  ): Promise<OutputOf<typeof inference.RemoveRoute>> {
    const command = { type: 'RemoveRoute', name: input.name, at: instantOf(systemClock.now()) } as const;
    await this.tell(command, context, { input, answer: () => ({}) });
    await this.snapshots.routeChanged(input.name);
    return {};
  }

  @Serves(inference.ListRoutes)
  async listRoutes({ limit, cursor }: InputOf<typeof inference.ListRoutes>): Promise<OutputOf<typeof inference.ListRoutes>> {
    return await this.store.read(routes).page({ where: {}, order: { by: ['name'] }, limit, cursor });
  }

  /** It belongs to the platform, and to no organization. */
  private async tell<A>(command: Command, { orgId: _, ...context }: RequestContext, { input, answer, writes }: Around<A>): Promise<A> {
    const options = {
      input,
      answer: (_events: readonly Event[], state: State): A => answer(state),
      ...(writes ? { writes } : {}),
    };
    return refuse(await this.routing<A>(stream, command, context, options)).answer;
  }
}
