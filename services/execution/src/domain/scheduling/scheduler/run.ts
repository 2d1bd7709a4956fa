import { type Entry, isEarlier, type Leaf, type Line, type Timely } from './entry.ts';
import { Heap } from './heap.ts';
import type { Hopeless } from './hopeless.ts';

/** Where it goes on in lines that are parked together. */
interface Cursor {
  readonly lines: readonly Line[];
  at: number;
}

/** Somebody who could be next of its queue. */
export interface Candidate {
  readonly entry: Entry;
  readonly line: Line;
  /** Where its line goes on; null: it is looked at beside its line, for what it has reserved. */
  readonly step: number | null;
  /** Its time is up, or nearly. */
  readonly isFirst: boolean;
  /** Machines are kept for it, by right of its guarantee. */
  readonly isKept: boolean;
  /** Null: its line is not parked. */
  readonly cove: Cursor | null;
}

/**
 * What is kept for a guarantee comes first: until that counts as held, those who made way for it would seem to be within the guarantee
 * themselves, and make others leave for what is not theirs.
 */
const isBefore = (one: Candidate, other: Candidate): boolean =>
  one.isKept === other.isKept || one.isFirst ? isEarlier(one.entry, other.entry) : one.isKept;

export const isNext = (one: Candidate, other: Candidate): boolean => {
  if (one.isFirst !== other.isFirst) return one.isFirst;
  if (one.entry === other.entry) return one.step !== null && other.step === null;
  return isBefore(one, other);
};

/** Before all others of the same moment. */
const nobody = { id: '' };

interface Rules {
  /** It has been found out who is the first. */
  expanded(run: Run): void;
  rightsOf(entry: Entry): Pick<Candidate, 'isFirst' | 'isKept'>;
  mayClaim(leaf: Leaf, candidate: Candidate): boolean;
}

/** The candidates of one queue. Those of parked lines are looked for when somebody asks who is the first. */
export class Run {
  isExpanded = false;
  /** There is something for its first, when its turn by fair share comes. */
  isDeferred = false;
  /** Those who may go before others whatever their queue's share: who is found to have lost that right does not get it back. */
  private claiming = new Heap(isNext);
  private sharing = new Heap(isNext);
  /** The last one that was looked at. */
  private passed: Candidate | null = null;
  /** Lines that were looked at by their heads. */
  private readonly looked = new Set<Line>();
  private said: Timely | null | undefined;

  constructor(
    readonly leaf: Leaf,
    private readonly hopeless: Hopeless,
    private readonly done: ReadonlySet<Entry>,
    private readonly rules: Rules,
  ) {}

  get queue(): string {
    return this.leaf.queue;
  }

  /**
   * Whose turn it would be, as it was found when somebody first asked since its last turn; null: nobody's. While nobody has looked who that
   * is, the earliest that it could be: most queues' turns never come.
   */
  get entry(): Timely | null {
    if (this.said === undefined) this.said = this.isExpanded ? (this.head?.entry ?? null) : { vt: this.leaf.earliest, request: nobody };
    return this.said;
  }

  get head(): Candidate | undefined {
    return this.nextIn()?.first();
  }

  /** The first with such a right. */
  get claimed(): Candidate | undefined {
    this.expand();
    for (let first = this.firstIn(this.claiming); first; first = this.firstIn(this.claiming)) {
      if (this.rules.mayClaim(this.leaf, first)) return first;
      this.claiming.pop();
      this.sharing.push(first);
    }
    return undefined;
  }

  /** Another one than was said; until it is asked again. */
  get isOutdated(): boolean {
    const isOutdated = this.said !== undefined && this.said !== (this.head?.entry ?? null);
    if (isOutdated) this.said = undefined;
    return isOutdated;
  }

  push(candidate: Candidate): void {
    (this.rules.mayClaim(this.leaf, candidate) ? this.claiming : this.sharing).push(candidate);
  }

  propose(line: Line, from: number): void {
    const next = line.next(from);
    if (next) this.push({ ...next, line, ...this.rules.rightsOf(next.entry), cove: null });
  }

  /** Whose turn has come. */
  leaveHead(): Candidate | undefined {
    return this.leave(this.claiming.first() === this.passed ? this.claiming : this.sharing);
  }

  /** Its turn has come. */
  pass(head: Candidate): void {
    this.passed = head;
    this.said = undefined;
    this.looked.add(head.line);
  }

  /** It is the next again. */
  defer(): void {
    this.isDeferred = true;
    if (this.passed?.cove) this.looked.delete(this.passed.line);
    this.passed = null;
  }

  /** Those who were left out, and whose turns have not come, take part again. */
  reopen(): void {
    const kept: Candidate[] = [];
    for (const heap of [this.claiming, this.sharing]) for (let head = heap.pop(); head; head = heap.pop()) if (!head.cove) kept.push(head);
    for (const candidate of kept) this.push(candidate);
    this.isExpanded = false;
    this.said = undefined;
  }

  private nextIn(): Heap<Candidate> | undefined {
    this.expand();
    const sharing = this.firstIn(this.sharing);
    const claiming = this.firstIn(this.claiming);
    if (!claiming) return sharing && this.sharing;
    return sharing && isNext(sharing, claiming) ? this.sharing : this.claiming;
  }

  private firstIn(heap: Heap<Candidate>): Candidate | undefined {
    let head = heap.first();
    while (head && this.isOver(head)) {
      this.leave(heap);
      if (head.step !== null && this.done.has(head.entry) && !this.looked.has(head.line)) this.propose(head.line, head.step);
      head = heap.first();
    }
    return head;
  }

  private leave(heap: Heap<Candidate> | undefined): Candidate | undefined {
    const head = heap?.pop();
    if (head?.cove) this.goOn(head.cove);
    return head;
  }

  private isOver({ entry, line, cove }: Candidate): boolean {
    if (this.done.has(entry)) return true;
    return cove !== null && (this.looked.has(line) || this.hopeless.has(line));
  }

  private expand(): void {
    if (this.isExpanded) return;
    this.isExpanded = true;
    this.rules.expanded(this);
    for (const lines of this.hopeless.parkedOf(this.leaf)) this.goOn({ lines, at: -1 });
  }

  private goOn(cursor: Cursor): void {
    for (cursor.at += 1; cursor.at < cursor.lines.length; cursor.at += 1) {
      const line = cursor.lines[cursor.at];
      const next = line && !this.looked.has(line) && !this.hopeless.has(line) ? line.next(0) : null;
      // Who keeps machines for itself takes part by itself.
      if (!line || !next || next.entry.reservation) continue;
      const candidate: Candidate = { ...next, line, ...this.rules.rightsOf(next.entry), cove: cursor };
      if (this.passed && !isNext(this.passed, candidate)) continue;
      this.push(candidate);
      return;
    }
  }
}
