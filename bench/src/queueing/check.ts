import { Books, mostPreemptions } from './books.ts';
import type { Happening } from './replay.ts';
import type { Scenario, Workload } from './scenario.ts';

export interface Verdict {
  /** What was not as it must be, in words; the first few. */
  readonly faults: readonly string[];
  readonly admitted: number;
  readonly borrowed: number;
  readonly preemptions: number;
  /** Milliseconds from submission to the last placement, on average. */
  readonly waitMs: Readonly<Record<string, number>>;
  /** CPUs times time that were held, of all until the last one ended. */
  readonly utilisation: number;
}

const faultsKept = 20;
/** Does the sooner go first within a queue? */
const isBefore = ({ request: a }: Workload, { request: b }: Workload): boolean =>
  a.rank === b.rank ? a.submittedAt < b.submittedAt : a.rank > b.rank;

const firstOf = (waiting: Iterable<Workload>): Workload | null => {
  let first: Workload | null = null;
  for (const each of waiting) if (!first || isBefore(each, first)) first = each;
  return first;
};

/**
 * Follows what happened with books of its own, and looks at every moment: is everything within its limit, is only lent what nobody
 * needs, is the order kept, is nobody preempted who need not be. Knows the scenario and the happenings, and no scheduler.
 */
class Auditor {
  readonly faults: string[] = [];
  private readonly books: Books;
  private readonly workloads: ReadonlyMap<string, Workload>;
  private readonly runningSince = new Map<string, number>();
  /** Who runs beyond its guarantee. */
  private readonly borrowers = new Set<string>();
  private readonly placedAt = new Map<string, number>();
  /** The moments, and by which right they were told. */
  private readonly promised = new Map<string, { readonly at: number; readonly level: number }>();
  private readonly ended = new Set<string>();
  private borrowed = 0;
  private preemptions = 0;
  private heldMs = 0;
  private last = 0;

  constructor(
    private readonly scenario: Scenario,
    workloads: readonly Workload[],
  ) {
    this.workloads = new Map(workloads.map((each) => [each.request.id, each]));
    this.books = new Books(scenario);
  }

  follow(happening: Happening): void {
    const workload = this.workloads.get(happening.request);
    if (happening.at > this.last) this.checkIdle();
    this.last = happening.at;
    if (!workload) this.fault(happening.at, `nobody submitted ${happening.request}`);
    else if (happening.kind === 'submitted') this.books.queueOf(workload).waiting.add(workload);
    else if (happening.kind === 'placed') this.place(workload, happening);
    else if (happening.kind === 'reserved') this.promise(workload, happening);
    else if (happening.kind === 'preempted') this.preempt(workload, happening);
    else this.end(workload, happening.at);
  }

  verdict(): Verdict {
    for (const id of this.workloads.keys()) if (!this.ended.has(id)) this.fault(this.last, `${id} never ran to its end`);
    const { cohorts, queues, nominal } = this.scenario;
    return {
      faults: this.faults,
      admitted: this.ended.size,
      borrowed: this.borrowed,
      preemptions: this.preemptions,
      waitMs: Object.fromEntries(this.scenario.classes.map(({ name }) => [name, this.meanWait(name)])),
      utilisation: this.heldMs / (cohorts * queues * nominal * this.last),
    };
  }

  private place(workload: Workload, { at, isBorrowed }: Happening & { kind: 'placed' }): void {
    const { request, cpus } = workload;
    const [cohort, queue] = [this.books.cohortOf(workload), this.books.queueOf(workload)];
    if (!queue.waiting.delete(workload)) this.fault(at, `${request.id} was placed and did not wait`);
    const isOver = queue.used + cpus > this.scenario.nominal;
    const isOverThen = queue.used + cpus + this.books.promisedTo(workload) > this.scenario.nominal;
    if (isBorrowed ? !isOverThen : isOver) this.fault(at, `${request.id} is said to ${isBorrowed ? '' : 'not '}borrow`);
    this.checkOrder(workload, at, isOver);
    this.outrank(workload);
    this.books.hold(workload, 1);
    this.books.came(workload);
    if (at > (this.promised.get(request.id)?.at ?? at)) this.fault(at, `${request.id} came later than it was promised`);
    this.promised.delete(request.id);
    if (isOver) this.borrowed += 1;
    if (isBorrowed) this.borrowers.add(request.id);
    if (queue.used > this.scenario.nominal + this.scenario.borrowing) this.fault(at, `${request.queue} is above its limit`);
    if (cohort.used > this.books.total) this.fault(at, `${workload.cohort} lends what it does not have`);
    this.runningSince.set(request.id, at);
    this.placedAt.set(request.id, at);
  }

  /** A promise may be kept earlier, and never later; but those with more right may take what was promised. */
  private promise(workload: Workload, { at, promised }: Happening & { kind: 'reserved' }): void {
    const { id } = workload.request;
    this.outrank(workload);
    const before = this.promised.get(id);
    if (before && promised > before.at) this.fault(at, `${id} was told a later moment`);
    else this.promised.set(id, { at: promised, level: this.books.levelOf(workload) });
    this.books.expect(workload);
  }

  private outrank(workload: Workload): void {
    const level = this.books.levelOf(workload);
    for (const { request } of this.books.cohortOf(workload).expected) {
      if ((this.promised.get(request.id)?.level ?? level) < level) this.promised.delete(request.id);
    }
  }

  /**
   * Whoever comes before in the queue had no room, and no first one of a queue within its guarantee where this one borrows: unless the
   * place was promised to this one.
   */
  private checkOrder(workload: Workload, at: number, isOver: boolean): void {
    const { request } = workload;
    if (this.books.isExpected(workload)) return;
    for (const other of this.books.queueOf(workload).waiting) {
      if (isBefore(other, workload) && this.books.mayStart(other)) this.fault(at, `${request.id} passed ${other.request.id} of its queue`);
    }
    if (!isOver) return;
    for (const each of this.books.cohortOf(workload).queues.values()) {
      if (each === this.books.queueOf(workload) || each.used >= this.scenario.nominal) continue;
      const first = firstOf(each.waiting);
      if (!first || each.used + first.cpus > this.scenario.nominal || !this.books.fits(first)) continue;
      this.fault(at, `${request.id} borrowed what ${first.request.id} is guaranteed`);
    }
  }

  /** Time goes on: nobody waits for whom there is room, beside what is kept for others. */
  private checkIdle(): void {
    for (const waiting of this.books.waiting()) {
      for (const each of waiting) {
        if (!this.books.mayStart(each)) continue;
        this.fault(this.last, `${each.request.id} was left waiting though there was room`);
        break;
      }
    }
  }

  private preempt(victim: Workload, { at, by }: Happening & { kind: 'preempted' }): void {
    const taker = this.workloads.get(by);
    const { request } = victim;
    const name = `${request.id}, preempted by ${by},`;
    if (!taker || !this.books.queueOf(taker).waiting.has(taker)) this.fault(at, `${name} made room for nobody`);
    else this.checkRight(victim, taker, at);
    const times = this.books.preempted(victim);
    if (times > mostPreemptions) this.fault(at, `${name} was so for the ${times}th time`);
    this.preemptions += 1;
    this.release(victim, at);
    this.books.queueOf(victim).waiting.add(victim);
    if (taker) this.books.expect(taker);
  }

  private checkRight(victim: Workload, taker: Workload, at: number): void {
    const name = `${victim.request.id}, preempted by ${taker.request.id},`;
    const { nominal } = this.scenario;
    if (taker.request.queue === victim.request.queue) {
      if (!victim.request.isPreemptible || taker.request.isPreemptible) this.fault(at, `${name} does not give way to its own`);
      if (taker.request.rank < victim.request.rank) this.fault(at, `${name} comes first`);
      const isSafe = !this.borrowers.has(victim.request.id) && this.books.levelOf(taker) < 2;
      if (isSafe) this.fault(at, `${name} was within its guarantee, and the other is not`);
    } else {
      if (this.books.levelOf(taker) <= this.books.levelOf(victim, 0)) this.fault(at, `${name} has no less right to it`);
      if (this.books.queueOf(victim).used <= nominal) this.fault(at, `${name} was within its guarantee`);
    }
    if (this.books.fits(taker)) this.fault(at, `${name} need not have been`);
  }

  private end(workload: Workload, at: number): void {
    const { id } = workload.request;
    if (at - (this.placedAt.get(id) ?? Number.NaN) !== workload.runMs) this.fault(at, `${id} did not run for its time`);
    if (this.ended.has(id)) this.fault(at, `${id} ended twice`);
    this.ended.add(id);
    this.release(workload, at);
  }

  private release(workload: Workload, at: number): void {
    const { request, cpus } = workload;
    const since = this.runningSince.get(request.id);
    if (since === undefined) {
      this.fault(at, `${request.id} gave back what it did not have`);
      return;
    }
    this.runningSince.delete(request.id);
    this.borrowers.delete(request.id);
    this.heldMs += cpus * (at - since);
    this.books.hold(workload, -1);
  }

  private meanWait(className: string): number {
    const waits = [...this.workloads.values()]
      .filter((each) => each.className === className)
      .map(({ request }) => (this.placedAt.get(request.id) ?? Number.NaN) - request.submittedAt);
    return waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  }

  private fault(at: number, what: string): void {
    if (this.faults.length < faultsKept) this.faults.push(`at ${at} ms: ${what}`);
  }
}

export const audit = (scenario: Scenario, workloads: readonly Workload[], happenings: readonly Happening[]): Verdict => {
  const auditor = new Auditor(scenario, workloads);
  for (const happening of happenings) auditor.follow(happening);
  return auditor.verdict();
};
