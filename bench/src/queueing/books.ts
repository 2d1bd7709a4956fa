import type { Scenario, Workload } from './scenario.ts';

export const mostPreemptions = 3;

interface Queue {
  used: number;
  /** Of what is kept in its cohort, what is so for its own. */
  kept: number;
  readonly waiting: Set<Workload>;
}

interface Cohort {
  used: number;
  /** CPUs for those who were promised them, or had others preempted, and have not come yet. */
  kept: number;
  readonly expected: Set<Workload>;
  readonly queues: Map<string, Queue>;
}

/** Who holds what, who waits, and what that leaves to whom: by the scenario's numbers, and without machines. */
export class Books {
  private readonly cohorts = new Map<string, Cohort>();
  private readonly preemptions = new Map<string, number>();

  constructor(private readonly scenario: Scenario) {}

  get total(): number {
    return this.scenario.queues * this.scenario.nominal;
  }

  /** Returns how often it has been, with this time. */
  preempted({ request: { id } }: Workload): number {
    const times = (this.preemptions.get(id) ?? 0) + 1;
    this.preemptions.set(id, times);
    return times;
  }

  hold(workload: Workload, sign: 1 | -1): void {
    this.cohortOf(workload).used += sign * workload.cpus;
    this.queueOf(workload).used += sign * workload.cpus;
  }

  /** Within its guarantee, or as a borrower that gives way to others or not: with so many CPUs more than its queue has. */
  levelOf(workload: Workload, more = workload.cpus): number {
    if (this.queueOf(workload).used + more <= this.scenario.nominal) return 2;
    return workload.request.isPreemptible ? 0 : 1;
  }

  /** It will come: what it asks for is kept for it. */
  expect(workload: Workload): void {
    const { expected } = this.cohortOf(workload);
    if (!expected.has(workload)) this.keep(workload, 1);
    expected.add(workload);
  }

  /** It has come. */
  came(workload: Workload): void {
    if (this.cohortOf(workload).expected.delete(workload)) this.keep(workload, -1);
  }

  isExpected(workload: Workload): boolean {
    return this.cohortOf(workload).expected.has(workload);
  }

  /** There is room for it; and nobody can take that back, where it was preempted as often as may be. */
  mayStart(workload: Workload): boolean {
    if (!this.fits(workload)) return false;
    if ((this.preemptions.get(workload.request.id) ?? 0) < mostPreemptions) return true;
    if (this.levelOf(workload, this.promisedTo(workload) + workload.cpus) === 2) return true;
    const { used, queues } = this.cohortOf(workload);
    let unused = 0;
    for (const [name, queue] of queues) if (name !== workload.request.queue) unused += Math.max(0, this.scenario.nominal - queue.used);
    return used + unused + workload.cpus <= this.total;
  }

  /** Beside what is kept for those who had others preempted before it. */
  fits(workload: Workload): boolean {
    const { nominal, borrowing } = this.scenario;
    const { used, kept } = this.cohortOf(workload);
    const ownKept = this.isExpected(workload) ? workload.cpus : 0;
    return used + kept - ownKept + workload.cpus <= this.total && this.queueOf(workload).used + workload.cpus <= nominal + borrowing;
  }

  /** To others of its queue: it counts as theirs already. */
  promisedTo(workload: Workload): number {
    return this.queueOf(workload).kept - (this.isExpected(workload) ? workload.cpus : 0);
  }

  cohortOf({ cohort }: Workload): Cohort {
    const known = this.cohorts.get(cohort) ?? { used: 0, kept: 0, expected: new Set<Workload>(), queues: new Map() };
    this.cohorts.set(cohort, known);
    return known;
  }

  queueOf(workload: Workload): Queue {
    const { queues } = this.cohortOf(workload);
    const known = queues.get(workload.request.queue) ?? { used: 0, kept: 0, waiting: new Set<Workload>() };
    queues.set(workload.request.queue, known);
    return known;
  }

  /** Those who wait, queue by queue. */
  *waiting(): Iterable<Iterable<Workload>> {
    for (const { queues } of this.cohorts.values()) for (const { waiting } of queues.values()) yield waiting;
  }

  private keep(workload: Workload, sign: 1 | -1): void {
    this.cohortOf(workload).kept += sign * workload.cpus;
    this.queueOf(workload).kept += sign * workload.cpus;
  }
}
