import { afterFailure, type Failure, isRetriable, retryAfterOf } from '../routing/retry.ts';
import type { RouteTarget, Way } from '../routing/route-table.ts';
import { Attempt, type Break, type Head, type Message } from './attempt.ts';
import { findPlace, type NoPlace, type Place } from './place.ts';
import { unreadable } from './readable.ts';
import type { Upstreams } from './upstreams.ts';

export interface ForwardingOptions {
  readonly upstreams: Upstreams;
  /** The first one first; the others are fallbacks. */
  readonly ways: readonly Way[];
  readonly messageFor: (target: RouteTarget) => Message;
  readonly stickyKey: string | undefined;
  /** Nothing is begun after it. */
  readonly deadline: number;
  /** How long anybody waits in the queue of an upstream. */
  readonly queueMs: number;
  /** An attempt there begins; nothing was sent yet. */
  readonly onTarget: (target: RouteTarget, way: Way) => void;
  readonly onSent: () => void;
  /** The attempt came to nothing, and another one follows. */
  readonly onRetry: () => void;
  /** A target says that it answers, with what is no answer of a model. */
  readonly onUnreadable: (target: RouteTarget, why: string) => void;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/** What came of it, as soon as that is known: an answer whose first byte is there, a refusal of the upstream, or nothing. */
export type Forwarded =
  | { readonly kind: 'answered'; readonly attempt: Attempt; readonly head: Head; readonly place: Place }
  | { readonly kind: 'refused'; readonly head: Head; readonly target: RouteTarget }
  | { readonly kind: 'failed'; readonly why: Break | NoPlace | 'unreadable' };

const cancelled: Forwarded = { kind: 'failed', why: 'cancelled' };
const nobody: ReadonlySet<string> = new Set();

const failureOf = (forwarded: Forwarded, now: number): Failure => {
  switch (forwarded.kind) {
    case 'refused': {
      const { status, headers } = forwarded.head;
      return { kind: 'status', status, retryAfterMs: retryAfterOf(headers, now) };
    }
    case 'failed':
      return { kind: forwarded.why === 'first-byte-timed-out' || forwarded.why === 'reset' ? forwarded.why : 'connect' };
    case 'answered':
      throw new TypeError('an answer is no failure');
  }
};

/** One request on its way to an upstream that answers it: which one, again, and elsewhere, until the first byte is there. */
export class Forwarding {
  readonly #options: ForwardingOptions;
  #isCancelled = false;
  #stop: (() => void) | undefined;
  /** Which of the ways is taken. */
  #index = 0;
  /** At its targets. */
  #attempts = 0;
  #tried: Set<string> | undefined;

  constructor(options: ForwardingOptions) {
    this.#options = options;
  }

  /** Whatever it waits for, it waits no more. What has answered already is cancelled by whoever has the attempt. */
  cancel(): void {
    this.#isCancelled = true;
    this.#stop?.();
  }

  /** One function waits for everything: nearly all are answered at the first attempt, and each function that waits is paid for by every request. */
  async begin(): Promise<Forwarded> {
    for (;;) {
      const way = this.#options.ways[this.#index];
      if (way === undefined) return { kind: 'failed', why: 'resting' };
      const found = this.#find(way);
      const place = this.#entered(found instanceof Promise ? await found : found);
      let forwarded: Forwarded;
      if (typeof place === 'string') {
        forwarded = { kind: 'failed', why: place };
      } else {
        const { deadlines } = this.#options.upstreams;
        const attempt = new Attempt(place.target.upstream, { deadlines, onSent: this.#options.onSent });
        forwarded = this.#judged(await this.#asked(attempt, place, way), attempt, place);
      }
      const pauseMs = this.#next(forwarded, place, way);
      if (pauseMs === undefined) return forwarded;
      if (pauseMs > 0) await this.#pause(pauseMs);
      if (this.#isCancelled) return cancelled;
    }
  }

  #find({ targets, route }: Way): Promise<Place | NoPlace> | Place | NoPlace {
    const { upstreams, stickyKey, queueMs, clock, random, deadline } = this.#options;
    const now = clock();
    return findPlace(upstreams, {
      targets,
      tried: this.#tried ?? nobody,
      stickyKey: route.isSticky ? stickyKey : undefined,
      now,
      random: random(),
      queueMs: Math.max(0, Math.min(queueMs, deadline - now)),
      onWaiting: (giveUp) => {
        this.#stop = giveUp;
      },
    });
  }

  #entered(place: Place | NoPlace): Place | NoPlace {
    this.#stop = undefined;
    if (!this.#isCancelled || typeof place === 'string') return place;
    place.leave();
    return 'cancelled';
  }

  #asked(attempt: Attempt, place: Place, way: Way): Promise<Head | Break> {
    const { onTarget, clock } = this.#options;
    const { target, state } = place;
    const message = this.#messageAt(place);
    onTarget(target, way);
    state.sending(target.id, clock());
    this.#stop = () => attempt.cancel();
    return attempt.begin(state.pool, state.base, message);
  }

  #messageAt(place: Place): Message {
    try {
      return this.#options.messageFor(place.target);
    } catch (error) {
      // Not every request can be said to every upstream: then this one was not asked.
      place.leave();
      throw error;
    }
  }

  #judged(head: Head | Break, attempt: Attempt, place: Place): Forwarded {
    this.#stop = undefined;
    const forwarded = this.#judge(head, attempt, place);
    const now = this.#options.clock();
    const isFailure = forwarded.kind !== 'answered' && isRetriable(failureOf(forwarded, now));
    // An answer that has begun counts at once: those that break off early must not be weighed against none, while the others still go on.
    if (!this.#isCancelled) place.state.report(place.target.id, isFailure, now);
    // The place is kept by an answer until it has ended.
    if (forwarded.kind === 'answered') return forwarded;
    place.leave();
    return this.#isCancelled ? cancelled : forwarded;
  }

  /** How long until the next attempt, there or elsewhere; undefined where nothing follows. */
  #next(forwarded: Forwarded, place: Place | NoPlace, way: Way): number | undefined {
    if (forwarded.kind === 'answered' || forwarded === cancelled || place === 'cancelled') return undefined;
    if (typeof place === 'string') return this.#fallBack();
    const { ways, clock, random, deadline, onRetry } = this.#options;
    const { attempts: most, firstPauseMs, longestPauseMs } = way.route;
    this.#attempts += 1;
    this.#tried ??= new Set();
    this.#tried.add(place.target.id);
    const now = clock();
    const next = afterFailure(
      {
        failure: failureOf(forwarded, now),
        attempts: this.#attempts,
        hasAnswered: false,
        isElsewhere: this.#isElsewhere(way, this.#tried, now),
        hasFallback: this.#index + 1 < ways.length,
        now,
        deadline,
        random: random(),
      },
      { attempts: most, firstPauseMs, longestPauseMs },
    );
    if (next.kind !== 'retry') return next.kind === 'give-up' ? undefined : this.#fallBack();
    onRetry();
    return next.inMs;
  }

  #fallBack(): number | undefined {
    const { ways, clock, deadline, onRetry } = this.#options;
    if (this.#index + 1 >= ways.length) return undefined;
    onRetry();
    this.#index += 1;
    this.#attempts = 0;
    this.#tried = undefined;
    return clock() >= deadline ? undefined : 0;
  }

  #judge(head: Head | Break, attempt: Attempt, place: Place): Forwarded {
    if (typeof head === 'string') return { kind: 'failed', why: head };
    const { target } = place;
    if (head.refusal) return { kind: 'refused', head, target };
    const why = unreadable(head);
    if (why === undefined) return { kind: 'answered', attempt, head, place };
    attempt.cancel();
    this.#options.onUnreadable(target, why);
    return { kind: 'failed', why: 'unreadable' };
  }

  #isElsewhere({ targets }: Way, tried: ReadonlySet<string>, now: number): boolean {
    return targets.some((target) => {
      if (tried.has(target.id)) return false;
      const { isOpen, outstanding } = this.#options.upstreams.standing(target, now);
      return isOpen && outstanding < target.concurrency;
    });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#stop = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#stop = done;
    });
  }
}
