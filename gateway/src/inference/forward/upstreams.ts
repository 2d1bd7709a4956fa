import type { inference } from '@orrery/contracts';
import { Pool } from 'undici';
import { type Breaker, type BreakerPolicy, closedBreaker, lets, reported, sending } from '../routing/breaker.ts';
import { Places } from '../routing/places.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import type { Standing } from '../routing/target.ts';

const breakerPolicy: BreakerPolicy = { windowMs: 10_000, failures: 5, share: 0.5, restMs: 2_000, longestRestMs: 60_000 };
/** Most model servers close a connection that was idle for five seconds; we go before they do. */
const keepAliveMs = 4_000;
/** Of an upstream that nobody asks any more. */
const forgetMs = 600_000;

/** What decides whether a pool may stay when an upstream is set again. */
const sameWay = (one: inference.Upstream, other: inference.Upstream): boolean =>
  one === other ||
  (one.baseUrl === other.baseUrl &&
    one.connectMs === other.connectMs &&
    one.concurrency === other.concurrency &&
    one.queue === other.queue);

/** One upstream as this gateway knows it: connections, places, and how its models do. */
export class UpstreamState {
  readonly places: Places;
  readonly pool: Pool;
  /** Before `/chat/completions`. */
  readonly base: string;
  usedAt = 0;
  readonly #breakers = new Map<string, Breaker>();

  constructor({ baseUrl, connectMs, concurrency, queue }: inference.Upstream) {
    const { origin, pathname } = new URL(baseUrl);
    this.base = pathname.replace(/\/+$/, '');
    this.places = new Places({ concurrency, longestQueue: queue });
    this.pool = new Pool(origin, { connect: { timeout: connectMs }, keepAliveTimeout: keepAliveMs, pipelining: 1 });
  }

  isOpen(target: string, now: number): boolean {
    return lets(this.#breakers.get(target) ?? closedBreaker, now);
  }

  sending(target: string, now: number): void {
    const breaker = this.#breakers.get(target);
    if (breaker !== undefined && breaker.state !== 'closed') this.#breakers.set(target, sending(breaker, now));
  }

  report(target: string, isFailure: boolean, now: number): void {
    const breaker = this.#breakers.get(target) ?? closedBreaker;
    this.#breakers.set(target, reported(breaker, isFailure, breakerPolicy, now));
  }
}

/** The upstreams that are or were asked, by name. */
export class Upstreams {
  readonly #known = new Map<string, { readonly upstream: inference.Upstream; readonly state: UpstreamState }>();
  readonly #closing = new Set<Promise<void>>();

  of(upstream: inference.Upstream, now: number): UpstreamState {
    const known = this.#known.get(upstream.name);
    if (known && sameWay(known.upstream, upstream)) {
      known.state.usedAt = now;
      return known.state;
    }
    if (known) this.#letGo(known.state);
    const state = new UpstreamState(upstream);
    state.usedAt = now;
    this.#known.set(upstream.name, { upstream, state });
    return state;
  }

  standing(target: RouteTarget, now: number): Standing {
    const state = this.of(target.upstream, now);
    return { target, outstanding: state.places.taken, isOpen: state.isOpen(target.id, now) };
  }

  /** Lets go of connections to upstreams that nobody asked for long. */
  sweep(now: number): void {
    for (const [name, { state }] of this.#known) {
      if (now - state.usedAt < forgetMs || state.places.taken > 0) continue;
      this.#known.delete(name);
      this.#letGo(state);
    }
  }

  /** Requests under way go on until they end; whoever stops ends them first. */
  async close(): Promise<void> {
    for (const { state } of this.#known.values()) this.#letGo(state);
    this.#known.clear();
    await Promise.all(this.#closing);
  }

  #letGo({ pool }: UpstreamState): void {
    const closing = pool.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
