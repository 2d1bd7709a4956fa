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

interface Taken {
  readonly isFinal: boolean;
  readonly forwarded: Forwarded;
}

const final = (forwarded: Forwarded): Taken => ({ isFinal: true, forwarded });
const cancelled: Forwarded = { kind: 'failed', why: 'cancelled' };

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

  constructor(options: ForwardingOptions) {
    this.#options = options;
  }

  /** Whatever it waits for, it waits no more. What has answered already is cancelled by whoever has the attempt. */
  cancel(): void {
    this.#isCancelled = true;
    this.#stop?.();
  }

  async begin(): Promise<Forwarded> {
    const { ways } = this.#options;
    let last: Forwarded = { kind: 'failed', why: 'resting' };
    for (const [index, way] of ways.entries()) {
      if (index > 0 && this.#options.clock() >= this.#options.deadline) return last;
      const taken = await this.#take(way, index + 1 < ways.length);
      if (taken.isFinal) return taken.forwarded;
      last = taken.forwarded;
      if (index + 1 < ways.length && last.kind !== 'answered') this.#options.onRetry();
    }
    return last;
  }

  async #take(way: Way, hasFallback: boolean): Promise<Taken> {
    const { clock, random, deadline, onRetry } = this.#options;
    const { attempts: most, firstPauseMs, longestPauseMs } = way.route;
    const tried = new Set<string>();
    for (let attempts = 1; ; attempts += 1) {
      const place = await this.#place(way, tried);
      if (typeof place === 'string') return { isFinal: place === 'cancelled', forwarded: { kind: 'failed', why: place } };
      const forwarded = await this.#try(place, way);
      if (forwarded.kind === 'answered') return final(forwarded);
      if (this.#isCancelled) return final(cancelled);
      tried.add(place.target.id);
      const now = clock();
      const next = afterFailure(
        {
          failure: failureOf(forwarded, now),
          attempts,
          hasAnswered: false,
          isElsewhere: this.#isElsewhere(way, tried, now),
          hasFallback,
          now,
          deadline,
          random: random(),
        },
        { attempts: most, firstPauseMs, longestPauseMs },
      );
      if (next.kind !== 'retry') return { isFinal: next.kind === 'give-up', forwarded };
      onRetry();
      if (next.inMs > 0) await this.#pause(next.inMs);
      if (this.#isCancelled) return final(cancelled);
    }
  }

  async #place({ targets, route }: Way, tried: ReadonlySet<string>): Promise<Place | NoPlace> {
    const { upstreams, stickyKey, queueMs, clock, random, deadline } = this.#options;
    const now = clock();
    const found = findPlace(upstreams, {
      targets,
      tried,
      stickyKey: route.isSticky ? stickyKey : undefined,
      now,
      random: random(),
      queueMs: Math.max(0, Math.min(queueMs, deadline - now)),
      onWaiting: (giveUp) => {
        this.#stop = giveUp;
      },
    });
    const place = found instanceof Promise ? await found : found;
    this.#stop = undefined;
    if (!this.#isCancelled || typeof place === 'string') return place;
    place.leave();
    return 'cancelled';
  }

  /** The place is kept by an answer until it has ended. */
  async #try(place: Place, way: Way): Promise<Forwarded> {
    let forwarded: Forwarded | undefined;
    try {
      forwarded = await this.#ask(place, way);
      return forwarded;
    } finally {
      if (forwarded?.kind !== 'answered') place.leave();
    }
  }

  async #ask(place: Place, way: Way): Promise<Forwarded> {
    const { target, state } = place;
    const { messageFor, onTarget, onSent, clock } = this.#options;
    // Not every request can be said to every upstream: then this one was not asked.
    const message = messageFor(target);
    onTarget(target, way);
    state.sending(target.id, clock());
    const attempt = new Attempt(target.upstream, onSent);
    this.#stop = () => attempt.cancel();
    const head = await attempt.begin(state.pool, { ...message, path: `${state.base}${message.path}` });
    this.#stop = undefined;
    const forwarded = this.#judge(head, attempt, place);
    const now = clock();
    const isFailure = forwarded.kind !== 'answered' && isRetriable(failureOf(forwarded, now));
    // An answer that has begun counts at once: those that break off early must not be weighed against none, while the others still go on.
    if (!this.#isCancelled) state.report(target.id, isFailure, now);
    return forwarded;
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
