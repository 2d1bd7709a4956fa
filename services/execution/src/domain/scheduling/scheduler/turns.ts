import type { Core } from './core.ts';
import { type Entry, isEarlier, isPressing, type Leaf, type Line } from './entry.ts';
import { FairTurns } from './fair-turns.ts';
import { Heap } from './heap.ts';
import { levels } from './level.ts';

/** Somebody who could be next of its queue. */
interface Candidate {
  readonly entry: Entry;
  readonly line: Line;
  /** Where its line goes on; null: it is looked at beside its line, for what it has reserved. */
  readonly step: number | null;
  /** Its time is up, or nearly. */
  readonly isFirst: boolean;
  /** Machines are kept for it, by right of its guarantee. */
  readonly isKept: boolean;
}

/** The candidates of one queue. */
interface Run {
  readonly leaf: Leaf;
  readonly candidates: Heap<Candidate>;
}

/**
 * What is kept for a guarantee comes first: until that counts as held, those who made way for it would seem to be within the guarantee
 * themselves, and make others leave for what is not theirs.
 */
const isBefore = (one: Candidate, other: Candidate): boolean =>
  one.isKept === other.isKept ? isEarlier(one.entry, other.entry) : one.isKept;

const isNext = (one: Candidate, other: Candidate): boolean => {
  if (one.isFirst !== other.isFirst) return one.isFirst;
  if (one.entry === other.entry) return one.step !== null && other.step === null;
  return isBefore(one, other);
};

const headOf = ({ candidates }: Run): Candidate | undefined => candidates.first();

const isRunEarlier = (one: Run, other: Run): boolean => {
  const [a, b] = [headOf(one), headOf(other)];
  return a !== undefined && b !== undefined && isBefore(a, b);
};

export interface Turn {
  readonly entry: Entry;
  readonly line: Line;
}

/**
 * In which order requests are looked at: those whose time is up, by age; those within their guarantee, by age; the others by fair share.
 * Of a queue only the next one takes part.
 */
export class Turns {
  private readonly runs = new Map<string, Run>();
  private readonly first = new Heap<Run>(isRunEarlier);
  private readonly guaranteed = new Heap<Run>(isRunEarlier);
  private readonly fair: FairTurns;
  private readonly done = new Set<Entry>();
  private current: Run | null = null;

  constructor(
    private readonly core: Core,
    private readonly now: number,
  ) {
    this.fair = new FairTurns((queue) => core.tree.standing(queue, now));
  }

  /** To be said of all before the first turn. */
  add(line: Line): void {
    this.propose(line, 0);
  }

  /** Of a line that may stand behind others, or not take part. */
  addBeside(entry: Entry): void {
    const { line } = entry;
    if (line) this.runOf(line.leaf).candidates.push({ entry, line, step: null, ...this.rightsOf(entry) });
  }

  start(): void {
    for (const run of this.runs.values()) this.queue(run);
  }

  next(): Turn | null {
    this.current = this.pick();
    const head = this.current && headOf(this.current);
    return head ? { entry: head.entry, line: head.line } : null;
  }

  /** It got what it asked for: the next of its line is the next, or one of these lines that waited for it. */
  placed(waiting: Iterable<Line>): void {
    const head = this.leaveHead();
    if (!head || !this.current) return;
    this.done.add(head.entry);
    if (head.step !== null) this.propose(head.line, head.step);
    for (const line of waiting) this.propose(line, 0);
    this.fair.charged(this.current.leaf.queue);
    this.queue(this.current);
  }

  /** It waits for room that is made for it: the next of its line is looked at by itself. */
  coming(): void {
    const head = this.leaveHead();
    if (!head || !this.current) return;
    if (head.step !== null) this.propose(head.line, head.step);
    this.fair.charged(this.current.leaf.queue);
    this.queue(this.current);
  }

  /** There was nothing for it, and so for nobody behind it. */
  blocked(): void {
    const head = this.leaveHead();
    if (head && this.current) this.queue(this.current);
  }

  /** What it holds has changed. */
  charged(queue: string): void {
    this.fair.charged(queue);
  }

  private leaveHead(): Candidate | undefined {
    return this.current?.candidates.pop();
  }

  private pick(): Run | null {
    const first = this.first.pop();
    if (first) return first;
    for (let run = this.guaranteed.pop(); run; run = this.guaranteed.pop()) {
      const head = headOf(run);
      if (head && this.core.admission.isWithinGuarantee(head.entry)) return run;
      // What others of its queue got in the meantime has used the guarantee up.
      if (head) this.fair.put({ queue: run.leaf.queue, entry: head.entry });
    }
    const turn = this.fair.first();
    if (!turn) return null;
    this.fair.remove(turn.queue);
    return this.runs.get(turn.queue) ?? null;
  }

  private queue(run: Run): void {
    const head = this.skipDone(run);
    if (!head) return;
    if (head.isFirst) this.first.push(run);
    else if (this.core.admission.isWithinGuarantee(head.entry)) this.guaranteed.push(run);
    else this.fair.put({ queue: run.leaf.queue, entry: head.entry });
  }

  private skipDone(run: Run): Candidate | undefined {
    let head = headOf(run);
    while (head && this.done.has(head.entry)) {
      run.candidates.pop();
      if (head.step !== null) this.propose(head.line, head.step);
      head = headOf(run);
    }
    return head;
  }

  private propose(line: Line, from: number): void {
    const next = line.next(from);
    if (next) this.runOf(line.leaf).candidates.push({ ...next, line, ...this.rightsOf(next.entry) });
  }

  private rightsOf(entry: Entry): Pick<Candidate, 'isFirst' | 'isKept'> {
    return { isFirst: isPressing(entry, this.now, this.core.settings.overdueMs), isKept: entry.reservation?.level === levels.guaranteed };
  }

  private runOf(leaf: Leaf): Run {
    let run = this.runs.get(leaf.queue);
    if (!run) {
      run = { leaf, candidates: new Heap(isNext) };
      this.runs.set(leaf.queue, run);
    }
    return run;
  }
}
