import type { Decision } from '../request.ts';
import type { Placed } from '../scheduler/facts.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { RequestSnapshot } from '../scheduler/snapshot.ts';

export interface Course {
  /** A scheduler of its own: what is played is not undone. */
  readonly scheduler: Scheduler;
  readonly requests: readonly RequestSnapshot[];
  /** The one that is waited for. */
  readonly target: string;
  readonly now: number;
  /** So long those take to leave who make way. */
  readonly graceMs: number;
  /** Which part of the time that it has left each run uses: 1 is all of it. */
  readonly share: number;
}

/** When it starts; or that it never does, because nothing makes room, or because its deadline can no longer be kept. */
export type Ending = number | 'never' | 'expires';

interface Coming {
  readonly at: number;
  readonly kind: 'end' | 'return';
  readonly id: string;
}

const roundLimit = 256;

/** The later, the nearer to the front: what comes next is taken from the end. */
const byTime = (one: Coming, other: Coming): number => other.at - one.at || (one.id < other.id ? 1 : -1);

/**
 * The same scheduler, run on with what is known now: nothing new is submitted, no machine fails, and each run uses the same part of its
 * time. It goes step by step, so that whoever plays it can stop.
 */
export class Forward {
  private clock: number;
  private readonly coming: Coming[];
  private readonly limits: ReadonlyMap<string, number>;
  private over: Ending | null = null;

  constructor(private readonly course: Course) {
    const { requests, now, graceMs } = course;
    this.clock = now;
    this.limits = new Map(requests.map(({ request }) => [request.id, request.limitMs]));
    this.coming = requests.flatMap(({ request, placed, preemptingAt }): Coming[] => {
      if (!placed) return [];
      if (preemptingAt !== null) return [{ at: Math.max(now, preemptingAt + graceMs), kind: 'return', id: request.id }];
      return [this.endOf(request.id, placed)];
    });
    this.coming.sort(byTime);
  }

  /** Null while it is not known. */
  get result(): Ending | null {
    return this.over;
  }

  /** One look at the queue, or one step in time. */
  step(): void {
    if (this.over !== null) return;
    const decisions = this.course.scheduler.decide(this.clock, roundLimit);
    for (const decision of decisions) this.apply(decision);
    if (this.over === null && decisions.length === 0) this.advance();
  }

  private endOf(id: string, { at }: Pick<Placed, 'at'>): Coming {
    const { now, share } = this.course;
    const endsAt = at + (this.limits.get(id) ?? 0);
    const left = Math.max(0, endsAt - Math.max(now, at));
    return { at: Math.max(now, at) + Math.max(1, left * share), kind: 'end', id };
  }

  private apply(decision: Decision): void {
    const { scheduler, target, graceMs } = this.course;
    const { request: id } = decision;
    switch (decision.kind) {
      case 'place': {
        const placed = { choice: decision.choice, seats: decision.seats, at: this.clock, isBorrowed: decision.isBorrowed };
        scheduler.placed(id, placed);
        if (id === target) this.over = this.clock;
        this.add(this.endOf(id, placed));
        return;
      }
      case 'preempt':
        scheduler.preempting(id, this.clock);
        this.drop(id);
        this.add({ at: this.clock + graceMs, kind: 'return', id });
        return;
      case 'reserve':
        scheduler.reserved(id, { at: decision.at, choice: decision.choice, seats: decision.seats });
        return;
      case 'expire':
        scheduler.ended(id, this.clock);
        if (id === target) this.over = 'expires';
    }
  }

  private advance(): void {
    const { scheduler } = this.course;
    const next = this.coming.at(-1)?.at ?? Number.POSITIVE_INFINITY;
    const due = scheduler.dueAt(this.clock) ?? Number.POSITIVE_INFINITY;
    // What is due now was looked at a moment ago, and nothing came of it.
    const at = due > this.clock ? Math.min(next, due) : next;
    if (!Number.isFinite(at)) {
      this.over = 'never';
      return;
    }
    this.clock = Math.max(at, this.clock + 1);
    for (let first = this.coming.at(-1); first && first.at <= this.clock; first = this.coming.at(-1)) {
      this.coming.pop();
      if (first.kind === 'end') scheduler.ended(first.id, this.clock);
      else scheduler.returned(first.id, { at: this.clock, notBefore: this.clock, failedOn: null, isPreempted: true });
    }
  }

  private drop(id: string): void {
    const at = this.coming.findIndex((coming) => coming.id === id);
    if (at >= 0) this.coming.splice(at, 1);
  }

  private add(coming: Coming): void {
    let [low, high] = [0, this.coming.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.coming[middle];
      if (other && byTime(other, coming) < 0) low = middle + 1;
      else high = middle;
    }
    this.coming.splice(low, 0, coming);
  }
}
