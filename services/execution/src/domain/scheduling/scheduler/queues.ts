import { type Entry, isEarlier, type Kind, type Leaf, Line } from './entry.ts';
import { Heap } from './heap.ts';
import type { SchedulerSettings } from './settings.ts';

interface Timer {
  readonly at: number;
  readonly entry: Entry;
}

const isSooner = (one: Timer, other: Timer): boolean => one.at < other.at;

/** More timers than this beside those of requests that are still there are swept out. */
const spareTimers = 1_024;

/** One of each: there may be a million lines. */
const kinds: readonly Kind[] = [
  { isUrgent: false, isSolid: false },
  { isUrgent: false, isSolid: true },
  { isUrgent: true, isSolid: false },
  { isUrgent: true, isSolid: true },
];

export const orgOf = (queue: string): string => {
  const end = queue.indexOf('/');
  return end < 0 ? queue : queue.slice(0, end);
};

/** When its deadline can no longer be kept. */
const lateAt = ({ request: { deadlineAt, limitMs } }: Entry): number =>
  deadlineAt === null ? Number.POSITIVE_INFINITY : deadlineAt - limitMs + 1;

/** Who waits, and where: in a line, for a later moment, or in vain. */
export class Queues {
  readonly leaves = new Map<string, Leaf>();
  /** Lines that something could be found out about. */
  readonly active = new Set<Line>();
  /** Those that can no longer end before their deadlines. */
  private readonly late = new Set<Entry>();
  private readonly sleeping = new Set<Entry>();
  private timers = new Heap<Timer>(isSooner);
  private waiting = 0;
  private clock = 0;

  constructor(private readonly settings: SchedulerSettings) {}

  get size(): number {
    return this.waiting;
  }

  get asleep(): Iterable<Entry> {
    return this.sleeping;
  }

  isLate(entry: Entry): boolean {
    return this.late.has(entry);
  }

  /** In the order in which they ought to have started. */
  lateOnes(): readonly Entry[] {
    return [...this.late].sort((a, b) => lateAt(a) - lateAt(b) || (isEarlier(a, b) ? -1 : 1));
  }

  leafOf(queue: string): Leaf {
    let leaf = this.leaves.get(queue);
    if (!leaf) {
      leaf = {
        queue,
        org: orgOf(queue),
        lines: new Map(),
        coves: new Map(),
        urgent: 0,
        earliest: Number.POSITIVE_INFINITY,
        reserved: new Set(),
        isUnreserved: false,
        isPutOff: false,
      };
      this.leaves.set(queue, leaf);
    }
    return leaf;
  }

  /** Somebody of it has waited too long. */
  isOverdue(leaf: Leaf, now: number): boolean {
    if (now - leaf.earliest < this.settings.overdueMs) return false;
    // Those who were the earliest may have gone.
    leaf.earliest = Number.POSITIVE_INFINITY;
    for (const line of leaf.lines.values()) leaf.earliest = Math.min(leaf.earliest, line.next(0)?.entry.vt ?? leaf.earliest);
    return now - leaf.earliest >= this.settings.overdueMs;
  }

  enter(entry: Entry): void {
    this.waiting += 1;
    this.stand(entry);
  }

  leave(entry: Entry): void {
    this.waiting -= 1;
    this.step(entry);
  }

  /** Moves those whose time has come. */
  advance(now: number): void {
    this.clock = Math.max(this.clock, now);
    for (let timer = this.timers.first(); timer && timer.at <= this.clock; timer = this.timers.first()) {
      this.timers.pop();
      this.restand(timer.entry);
    }
    if (this.timers.size > 2 * this.waiting + spareTimers) this.sweep();
  }

  /** When the next one moves. */
  nextAt(): number | null {
    for (let timer = this.timers.first(); timer; timer = this.timers.first()) {
      if (this.has(timer.entry) && this.movesAt(timer.entry) === timer.at) return timer.at;
      this.timers.pop();
    }
    return null;
  }

  /** Something about it has changed that decides where it stands. */
  restand(entry: Entry): void {
    if (!this.has(entry)) return;
    this.step(entry);
    this.stand(entry);
  }

  wake(line: Line): void {
    line.unpark();
    this.active.add(line);
  }

  forget(leaf: Leaf): void {
    if (leaf.lines.size === 0 && leaf.reserved.size === 0) this.leaves.delete(leaf.queue);
  }

  /** It waits. */
  has(entry: Entry): boolean {
    return entry.line !== null || this.late.has(entry) || this.sleeping.has(entry);
  }

  private stand(entry: Entry): void {
    const movesAt = this.movesAt(entry);
    if (movesAt !== null) this.timers.push({ at: movesAt, entry });
    if (lateAt(entry) <= this.clock) this.late.add(entry);
    else if (entry.notBefore > this.clock) this.sleeping.add(entry);
    else this.queue(entry);
  }

  private queue(entry: Entry): void {
    const leaf = this.leafOf(entry.request.queue);
    const isUrgent = lateAt(entry) - this.settings.urgentMs <= this.clock;
    const isSolid = entry.preemptions >= this.settings.maxPreemptions && this.overdueAt(entry) > this.clock;
    const kind = (isUrgent ? 2 : 0) + (isSolid ? 1 : 0);
    const key = kinds.length * entry.shape.id + kind;
    let line = leaf.lines.get(key);
    if (!line) {
      line = new Line(leaf, key, entry.shape, kinds[kind] ?? { isUrgent, isSolid });
      leaf.lines.set(key, line);
      if (isUrgent) leaf.urgent += 1;
      this.active.add(line);
    }
    line.add(entry);
    // Whoever was the first there was asked before it, and may have kept something that it does not.
    if (line.isParked && line.next(0)?.entry === entry) this.wake(line);
  }

  private step(entry: Entry): void {
    this.late.delete(entry);
    this.sleeping.delete(entry);
    const { line } = entry;
    if (!line) return;
    line.remove(entry);
    if (line.size > 0) return;
    line.leaf.lines.delete(line.key);
    if (line.kind.isUrgent) line.leaf.urgent -= 1;
    this.active.delete(line);
    line.unpark();
    this.forget(line.leaf);
  }

  /** The next moment at which it stands elsewhere; null: none. */
  private movesAt(entry: Entry): number | null {
    const late = lateAt(entry);
    const moments = [entry.notBefore, late - this.settings.urgentMs, late];
    if (entry.preemptions >= this.settings.maxPreemptions) moments.push(this.overdueAt(entry));
    const next = moments.reduce((least, at) => (at > this.clock && at < least ? at : least), Number.POSITIVE_INFINITY);
    return next === Number.POSITIVE_INFINITY ? null : next;
  }

  private overdueAt({ vt }: Entry): number {
    return vt + this.settings.overdueMs;
  }

  private sweep(): void {
    const entries = new Set<Entry>();
    for (let timer = this.timers.pop(); timer; timer = this.timers.pop()) if (this.has(timer.entry)) entries.add(timer.entry);
    const kept = [...entries].flatMap((entry): Timer[] => {
      const at = this.movesAt(entry);
      return at === null ? [] : [{ at, entry }];
    });
    this.timers = new Heap(isSooner, kept);
  }
}
