import { inference } from '@orrery/contracts';
import { openSealed } from '@orrery/credentials';
import { Snapshot } from '../../access/snapshot.ts';
import type { Target } from './target.ts';

/** A target of a route, with all that it takes to ask it. */
export interface RouteTarget extends Target {
  readonly upstream: inference.Upstream;
  /** What the model is called there. */
  readonly model: string;
  /** What opens it, if it needs anything. */
  readonly credential: string | undefined;
}

/** A route as it can be taken: targets whose upstream is not known here are left out, whatever the weights of the others. */
export interface Way {
  readonly route: inference.Route;
  readonly targets: readonly RouteTarget[];
  /** Where some of the requests are sent as well. */
  readonly shadow: { readonly target: RouteTarget; readonly percent: number } | undefined;
}

export interface RouteTableOptions {
  readonly gatewayKey: Buffer;
  /** A credential that cannot be opened: its upstream is left out. */
  readonly onFault: (error: unknown, upstream: string) => void;
}

interface Known {
  readonly upstream: inference.Upstream;
  readonly credential: string | undefined;
}

const nowhere: readonly Way[] = [];

/** Which targets answer for which model, from what inference published last; nobody is asked. */
export class RouteTable {
  readonly #options: RouteTableOptions;
  readonly #routes = new Map<string, inference.Route>();
  /** By every name of a model, the name of its route. */
  readonly #byModel = new Map<string, string>();
  readonly #upstreams = new Map<string, Known>();
  /** By route: put together when they are asked for, and again when anything has changed. */
  readonly #ways = new Map<string, readonly Way[]>();
  readonly upstreams = new Snapshot<inference.UpstreamSnapshot>((name, now) => this.#upstreamChanged(name, now));
  readonly routes = new Snapshot<inference.Route>((name, now) => this.#routeChanged(name, now));

  constructor(options: RouteTableOptions) {
    this.#options = options;
  }

  /** The ways to a model, the first one first: its route, then those that it falls back to. None where nobody knows the model. */
  ways(model: string): readonly Way[] {
    const name = this.#byModel.get(model);
    if (name === undefined) return nowhere;
    const known = this.#ways.get(name);
    if (known) return known;
    const ways = this.#waysBy(name);
    this.#ways.set(name, ways);
    return ways;
  }

  #waysBy(name: string): readonly Way[] {
    const route = this.#routes.get(name);
    if (route === undefined) return nowhere;
    const fallbacks = route.fallbacks.flatMap((name) => this.#routes.get(name) ?? []);
    return [route, ...fallbacks].map((each) => ({ route: each, targets: this.#targetsOf(each), shadow: this.#shadowOf(each) }));
  }

  #targetsOf({ targets }: inference.Route): readonly RouteTarget[] {
    return targets.flatMap((target) => this.#targetOf(target) ?? []);
  }

  #targetOf({ upstream: name, model, weight }: inference.Route['targets'][number]): RouteTarget | undefined {
    const known = this.#upstreams.get(name);
    return known && { ...known, id: `${name} ${model}`, model, weight, concurrency: known.upstream.concurrency };
  }

  #shadowOf({ shadow }: inference.Route): Way['shadow'] {
    const target = shadow === null ? undefined : this.#targetOf({ ...shadow, weight: 1 });
    return target && shadow ? { target, percent: shadow.percent } : undefined;
  }

  #upstreamChanged(name: string, now: inference.UpstreamSnapshot | undefined): void {
    this.#ways.clear();
    this.#upstreams.delete(name);
    if (now === undefined) return;
    const { credential: sealed, ...upstream } = now;
    try {
      const credential = sealed === null ? undefined : openSealed(this.#options.gatewayKey, sealed, inference.upstreamBinding(name));
      this.#upstreams.set(name, { upstream, credential });
    } catch (error) {
      this.#options.onFault(error, name);
    }
  }

  #routeChanged(name: string, now: inference.Route | undefined): void {
    this.#ways.clear();
    for (const model of this.#routes.get(name)?.models ?? []) {
      // Another route may have taken the model since.
      if (this.#byModel.get(model) === name) this.#byModel.delete(model);
    }
    this.#routes.delete(name);
    if (now === undefined) return;
    this.#routes.set(name, now);
    for (const model of now.models) this.#byModel.set(model, name);
  }
}
