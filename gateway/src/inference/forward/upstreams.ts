import type { inference } from '@orrery/contracts';
import { Pool } from 'undici';
import { type Breaker, type BreakerPolicy, closedBreaker, lets, reported, sending } from '../routing/breaker.ts';
import { Places } from '../routing/places.ts';
import type { RouteTarget } from '../routing/route-table.ts';
import type { Standing } from '../routing/target.ts';
import { Deadlines } from './deadlines.ts';

const breakerPolicy: BreakerPolicy = { windowMs: 10_000, failures: 5, share: 0.5, restMs: 2_000, longestRestMs: 60_000 };
/** Most model servers close a connection that was idle for five seconds; we go before they do. */
const keepAliveMs = 4_000;
/** Of an upstream that nobody asks any more. */
const forgetMs = 600_000;

/** What decides whether a pool may stay when an upstream is set again. */
const sameWay = (one: inference.Upstream, other: inference.Upstream): boolean =>
  one.baseUrl === other.baseUrl && one.connectMs === other.connectMs && one.concurrency === other.concurrency && one.queue === other.queue;

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

interface Known {
  readonly upstream: inference.Upstream;
  readonly state: UpstreamState;
}

/** The upstreams that are or were asked. */
export class Upstreams {
  /** Of all attempts there. */
  readonly deadlines = new Deadlines();
  /** By name, as they were set last. */
  readonly #latest = new Map<string, Known>();
  /** Who was asked as an upstream was then is asked so until the request has ended, however often it is set again meanwhile. */
  readonly #states = new WeakMap<inference.Upstream, UpstreamState>();
  readonly #open = new Set<UpstreamState>();
  readonly #closing = new Set<Promise<void>>();

  /** An upstream that was never asked before is newer than those that were. */
  of(upstream: inference.Upstream, now: number): UpstreamState {
    const known = this.#states.get(upstream);
    const state = known !== undefined && this.#open.has(known) ? known : this.#anew(upstream);
    state.usedAt = now;
    return state;
  }

  standing(target: RouteTarget, now: number): Standing {
    const state = this.of(target.upstream, now);
    return { target, outstanding: state.places.taken, isOpen: state.isOpen(target.id, now) };
  }

  /** Lets go of connections to upstreams that nobody asked for long, or not as they were. */
  sweep(now: number): void {
    for (const state of this.#open) if (now - state.usedAt >= forgetMs && state.places.taken === 0) this.#letGo(state);
    for (const [name, { state }] of this.#latest) if (!this.#open.has(state)) this.#latest.delete(name);
  }

  /** Requests under way go on until they end; whoever stops ends them first. */
  async close(): Promise<void> {
    for (const state of this.#open) this.#letGo(state);
    this.#latest.clear();
    await Promise.all(this.#closing);
  }

  #anew(upstream: inference.Upstream): UpstreamState {
    const latest = this.#latest.get(upstream.name);
    const isSame = latest !== undefined && sameWay(latest.upstream, upstream) && this.#open.has(latest.state);
    const state = isSame ? latest.state : new UpstreamState(upstream);
    this.#open.add(state);
    this.#latest.set(upstream.name, { upstream, state });
    this.#states.set(upstream, state);
    return state;
  }

  #letGo(state: UpstreamState): void {
    this.#open.delete(state);
    const closing = state.pool.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
