import type { Core } from './core.ts';
import { type Entry, isPressing, type Leaf, type Line } from './entry.ts';
import { FairTurns } from './fair-turns.ts';
import { Heap } from './heap.ts';
import type { Hopeless } from './hopeless.ts';
import { levels } from './level.ts';
import { type Candidate, isRunEarlier, Run } from './run.ts';

export interface Turn {
  readonly entry: Entry;
  readonly line: Line;
}

/**
 * In which order requests are looked at: those whose time is up, by age; those within their guarantee, by age; the others by fair share.
 * Of a queue only the next one takes part. Of parked lines nobody is looked at before the turn of its queue has come.
 */
export class Turns {
  private readonly runs = new Map<Leaf, Run>();
  private first = new Heap<Run>(isRunEarlier);
  private guaranteed = new Heap<Run>(isRunEarlier);
  private readonly fair: FairTurns<Run>;
  private readonly done = new Set<Entry>();
  private current: Run | null = null;

  constructor(
    private readonly core: Core,
    private readonly now: number,
    private readonly hopeless: Hopeless,
  ) {
    this.fair = new FairTurns((queue) => core.tree.standing(queue, now));
  }

  /** To be said of all before the first turn. */
  add(line: Line): void {
    this.runOf(line.leaf).propose(line, 0);
  }

  /** Of a line that may stand behind others, or not take part. */
  addBeside(entry: Entry): void {
    const { line } = entry;
    if (line) this.runOf(line.leaf).push({ entry, line, step: null, ...this.rightsOf(entry), cove: null });
  }

  /** Its parked lines may take part. */
  addParked(leaf: Leaf): void {
    this.runOf(leaf);
  }

  start(): void {
    for (const run of this.runs.values()) this.queue(run);
  }

  next(): Turn | null {
    for (this.current = this.pick(); this.current; this.current = this.pick()) {
      const { head } = this.current;
      if (!head) continue;
      // Whoever stood there when its turn was settled has been left out since.
      if (this.current.isOutdated) {
        this.queue(this.current);
        continue;
      }
      this.current.pass(head);
      return { entry: head.entry, line: head.line };
    }
    return null;
  }

  /** It got what it asked for: the next of its line is the next. */
  placed(): void {
    const head = this.current?.leaveHead();
    if (!head || !this.current) return;
    this.done.add(head.entry);
    if (head.step !== null) this.current.propose(head.line, head.step);
    this.fair.charged(this.current.leaf.queue);
    this.queue(this.current);
  }

  /** It waits for room that is made for it: the next of its line is looked at by itself. */
  coming(): void {
    const head = this.current?.leaveHead();
    if (!head || !this.current) return;
    if (head.step !== null) this.current.propose(head.line, head.step);
    this.fair.charged(this.current.leaf.queue);
    this.queue(this.current);
  }

  /** There was nothing for it, and so for nobody behind it. */
  blocked(): void {
    const head = this.current?.leaveHead();
    if (head && this.current) this.queue(this.current);
  }

  /** There may be something for those who were left out because there was nothing. */
  reopen(): void {
    this.first = new Heap(isRunEarlier);
    this.guaranteed = new Heap(isRunEarlier);
    for (const leaf of this.core.queues.leaves.values()) if (this.hopeless.mayTakePart(leaf)) this.runOf(leaf);
    for (const run of this.runs.values()) {
      run.reopen();
      this.queue(run);
    }
  }

  private pick(): Run | null {
    const first = this.first.pop();
    if (first) return first;
    for (let run = this.guaranteed.pop(); run; run = this.guaranteed.pop()) {
      const { head } = run;
      if (head && this.core.admission.isWithinGuarantee(head.entry)) return run;
      // What others of its queue got in the meantime has used the guarantee up.
      if (head) this.fair.put(run);
    }
    const run = this.fair.first();
    if (run) this.fair.remove(run.queue);
    return run;
  }

  private queue(run: Run): void {
    if (!run.isExpanded && !this.mayComeFirst(run.leaf)) {
      this.fair.put(run);
      return;
    }
    const { head } = run;
    if (!head) return;
    if (head.isFirst) this.first.push(run);
    else if (this.core.admission.isWithinGuarantee(head.entry)) this.guaranteed.push(run);
    else this.fair.put(run);
  }

  /** Somebody of it may come before the others whatever their shares. */
  private mayComeFirst(leaf: Leaf): boolean {
    if (leaf.urgent > 0 || this.now - leaf.earliest >= this.core.settings.overdueMs) return true;
    return !this.core.admission.isFree && this.core.admission.hasGuarantee(leaf.queue);
  }

  private rightsOf(entry: Entry): Pick<Candidate, 'isFirst' | 'isKept'> {
    return { isFirst: isPressing(entry, this.now, this.core.settings.overdueMs), isKept: entry.reservation?.level === levels.guaranteed };
  }

  private runOf(leaf: Leaf): Run {
    let run = this.runs.get(leaf);
    if (!run) {
      run = new Run(leaf, this.hopeless, this.done, (entry) => this.rightsOf(entry));
      this.runs.set(leaf, run);
    }
    return run;
  }
}
