import type { Core } from './core.ts';
import { type Entry, isPressing, type Leaf, type Line } from './entry.ts';
import { FairTurns } from './fair-turns.ts';
import { Heap } from './heap.ts';
import type { Hopeless } from './hopeless.ts';
import { levels } from './level.ts';
import { type Candidate, isNext, Run } from './run.ts';

export interface Turn {
  readonly entry: Entry;
  readonly line: Line;
  /** It is looked at before its turn, for one behind it: if there is something for it, both wait for its turn. */
  readonly isAhead: boolean;
}

/** A queue, somebody of which goes before those by fair share. */
interface Claim {
  readonly run: Run;
  readonly head: Candidate;
}

const isClaimEarlier = (one: Claim, other: Claim): boolean => isNext(one.head, other.head);

/**
 * In which order requests are looked at: those whose time is up, by age; those within their guarantee, by age, unless somebody before them
 * in their queue could start; the others by fair share. Whoever finds nothing steps aside, and whether it was looked at or known to find
 * nothing makes no difference to anybody else. Of parked lines nobody is looked at before the turn of its queue has come.
 */
export class Turns {
  private readonly runs = new Map<Leaf, Run>();
  /** Those whose time is up, then those within their guarantee. */
  private claims = new Heap<Claim>(isClaimEarlier);
  private readonly fair: FairTurns<Run>;
  private readonly done = new Set<Entry>();
  /** Of all others nobody knows who is the next. */
  private readonly known = new Set<Run>();
  private busy: Set<string> | null = null;
  private current: { readonly run: Run; readonly isClaim: boolean } | null = null;

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

  /** Somebody takes part for whose turn it matters what this queue holds. */
  isAnyBeside({ queue }: Leaf): boolean {
    if (this.busy === null) {
      this.busy = new Set();
      for (const run of this.runs.keys()) this.busy.add(this.core.tree.topOf(run.queue));
    }
    return this.busy.has(this.core.tree.topOf(queue));
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
      const { run, isClaim } = this.current;
      const { head } = run;
      if (!head) continue;
      // Whoever stood there when its turn was settled has been left out since.
      if (run.isOutdated && !isClaim) {
        this.queue(run);
        continue;
      }
      run.pass(head);
      return { entry: head.entry, line: head.line, isAhead: isClaim && !this.mayClaim(run.leaf, head) };
    }
    return null;
  }

  /** It got what it asked for: the next of its line is the next. */
  placed(): void {
    const head = this.leave();
    if (head) this.done.add(head.entry);
    this.goOn(head);
  }

  /** It waits for room that is made for it: the next of its line is looked at by itself. */
  coming(): void {
    this.goOn(this.leave());
  }

  /** There was nothing for it, and so for nobody behind it. */
  blocked(): void {
    this.leave();
    if (this.current) this.queue(this.current.run);
  }

  /** There is something for it, when its turn comes. */
  deferred(): void {
    this.current?.run.defer();
    if (this.current) this.queue(this.current.run);
  }

  /** There may be something for those who were left out because there was nothing. */
  reopen(): void {
    this.claims = new Heap(isClaimEarlier);
    for (const leaf of this.hopeless.takers()) if (!this.runs.has(leaf)) this.queue(this.runOf(leaf));
    const known = [...this.known];
    this.known.clear();
    for (const run of known) run.reopen();
    for (const run of known) this.queue(run);
  }

  private leave(): Candidate | undefined {
    const { run } = this.current ?? {};
    if (run) run.isDeferred = false;
    return run?.leaveHead();
  }

  private goOn(head: Candidate | undefined): void {
    const { run } = this.current ?? {};
    if (!run || !head) return;
    if (head.step !== null) run.propose(head.line, head.step);
    this.fair.charged(run.queue);
    this.queue(run);
  }

  private pick(): { readonly run: Run; readonly isClaim: boolean } | null {
    for (let claim = this.claims.pop(); claim; claim = this.claims.pop()) {
      const { run, head } = claim;
      if (this.claimOf(run) === head) return { run, isClaim: true };
      // What others got in the meantime has used the guarantee up, or somebody else is the next of it.
      this.queue(run);
    }
    const run = this.fair.first();
    if (run) this.fair.remove(run.queue);
    return run && { run, isClaim: false };
  }

  private queue(run: Run): void {
    const claim = run.isExpanded || this.mayComeFirst(run.leaf) ? this.claimOf(run) : undefined;
    if (claim) this.claims.push({ run, head: claim });
    else if (!run.isExpanded || run.head) this.fair.put(run);
  }

  private claimOf(run: Run): Candidate | undefined {
    return run.isDeferred ? undefined : run.claimed;
  }

  /** Whatever its queue's share: its time is up, or it is within its guarantee. */
  mayClaim({ queue }: Leaf, { entry, isFirst }: Candidate): boolean {
    const { admission } = this.core;
    return isFirst || (!admission.isFree && admission.hasGuarantee(queue) && admission.isWithinGuarantee(entry));
  }

  /** Somebody of it may come before the others whatever their shares. */
  private mayComeFirst(leaf: Leaf): boolean {
    if (leaf.urgent > 0 || this.now - leaf.earliest >= this.core.settings.overdueMs) return true;
    return !this.core.admission.isFree && this.core.admission.hasGuarantee(leaf.queue);
  }

  expanded(run: Run): void {
    this.known.add(run);
  }

  rightsOf(entry: Entry): Pick<Candidate, 'isFirst' | 'isKept'> {
    return { isFirst: isPressing(entry, this.now, this.core.settings.overdueMs), isKept: entry.reservation?.level === levels.guaranteed };
  }

  private runOf(leaf: Leaf): Run {
    let run = this.runs.get(leaf);
    if (!run) {
      run = new Run(leaf, this.hopeless, this.done, this);
      this.runs.set(leaf, run);
    }
    return run;
  }
}
