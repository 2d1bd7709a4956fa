import type { MachineSize, QuotaNode, Request } from '@orrery/execution/scheduling';

export interface WorkloadClass {
  readonly name: string;
  /** For each queue. */
  readonly count: number;
  /** One after the other, this far apart. */
  readonly everyMs: number;
  readonly runMs: number;
  /** The higher goes first. */
  readonly rank: number;
  readonly cpus: number;
  /** Gives way to requests of its own queue that do not. */
  readonly isPreemptible: boolean;
}

/** Queues that share what they do not use with those of their own cohort. */
export interface Scenario {
  readonly name: string;
  readonly cohorts: number;
  readonly queues: number;
  /** CPUs that each queue is guaranteed, and that it may have beyond them. */
  readonly nominal: number;
  readonly borrowing: number;
  readonly classes: readonly WorkloadClass[];
  /** What Kueue's own run of it takes, simulated run time included. */
  readonly published: string;
}

interface Shape {
  readonly name: string;
  readonly counts: readonly [number, number, number];
  readonly everyMs: readonly [number, number, number];
  readonly runMs: readonly [number, number, number];
}

/** Kueue ranks 50, 100 and 200, and lets the higher preempt the lower within a queue. */
const classesOf = ({ counts, everyMs, runMs }: Omit<Shape, 'name'>): readonly WorkloadClass[] => [
  { name: 'small', count: counts[0], everyMs: everyMs[0], runMs: runMs[0], rank: 0, cpus: 1, isPreemptible: true },
  { name: 'medium', count: counts[1], everyMs: everyMs[1], runMs: runMs[1], rank: 1, cpus: 5, isPreemptible: false },
  { name: 'large', count: counts[2], everyMs: everyMs[2], runMs: runMs[2], rank: 2, cpus: 20, isPreemptible: false },
];

const quotas = { nominal: 20, borrowing: 100 };
const baseline = classesOf({ counts: [350, 100, 50], everyMs: [100, 500, 1_200], runMs: [200, 500, 1_000] });

/** The figures of test/performance/scheduler/configs/{baseline,large-scale}/generator.yaml of Kueue, and of their rangespec.yaml. */
export const scenarios: readonly Scenario[] = [
  { name: '15,000 workloads, 30 queues, 5 cohorts', cohorts: 5, queues: 6, ...quotas, classes: baseline, published: '351 s' },
  { name: '15,000 workloads, 30 queues, 6 cohorts', cohorts: 6, queues: 5, ...quotas, classes: baseline, published: '351 s' },
  {
    name: '50,000 workloads, 1,000 queues, 10 cohorts',
    cohorts: 10,
    queues: 100,
    ...quotas,
    classes: classesOf({ counts: [35, 11, 4], everyMs: [60, 300, 700], runMs: [150, 350, 700] }),
    published: '1,179 s',
  },
];

/** A workload of the scenario: what is asked of the scheduler, and how long it really runs. */
export interface Workload {
  readonly request: Request;
  readonly className: string;
  readonly cohort: string;
  readonly cpus: number;
  readonly runMs: number;
}

const cohortOf = (cohort: number): string => `cohort-${cohort}`;
const queueOf = (cohort: number, queue: number): string => `${cohortOf(cohort)}-queue-${queue}`;
const milli = (cpus: number): number => 1_000 * cpus;

/** A cohort has as much as its queues are guaranteed together, on one machine: Kueue counts quotas, and knows no machines. */
export const machinesOf = ({ cohorts, queues, nominal }: Scenario): readonly MachineSize[] =>
  Array.from({ length: cohorts }, (_, cohort) => ({
    id: cohortOf(cohort),
    pool: cohortOf(cohort),
    cpuMilli: milli(queues * nominal),
    memoryMib: 0,
    gpuModels: [],
  }));

export const quotasOf = ({ cohorts, queues, nominal, borrowing }: Scenario): readonly QuotaNode[] =>
  Array.from({ length: cohorts }, (_, cohort) => [
    { id: cohortOf(cohort), parent: null, weight: 1, guaranteed: {}, limit: {} },
    ...Array.from({ length: queues }, (__, queue) => ({
      id: queueOf(cohort, queue),
      parent: cohortOf(cohort),
      weight: 1,
      guaranteed: { cpu: milli(nominal) },
      limit: { cpu: milli(nominal + borrowing) },
    })),
  ]).flat();

const workloadOf = (kind: WorkloadClass, at: { cohort: number; queue: number; number: number }): Workload => {
  const [cohort, queue] = [cohortOf(at.cohort), queueOf(at.cohort, at.queue)];
  const need = { cpuMilli: milli(kind.cpus), memoryMib: 0, gpus: 0, gpuMilli: 0, models: null, pool: cohort };
  const request: Request = {
    id: `${queue}-${kind.name}-${String(at.number).padStart(4, '0')}`,
    queue,
    ask: { nodes: 1, choices: [need] },
    rank: kind.rank,
    isPreemptible: kind.isPreemptible,
    limitMs: kind.runMs,
    deadlineAt: null,
    submittedAt: kind.everyMs * (at.number + 1),
  };
  return { request, className: kind.name, cohort, cpus: kind.cpus, runMs: kind.runMs };
};

export const workloadsOf = ({ cohorts, queues, classes }: Scenario): readonly Workload[] => {
  const result: Workload[] = [];
  for (let cohort = 0; cohort < cohorts; cohort += 1) {
    for (let queue = 0; queue < queues; queue += 1) {
      for (const kind of classes) {
        for (let number = 0; number < kind.count; number += 1) result.push(workloadOf(kind, { cohort, queue, number }));
      }
    }
  }
  return result.sort((a, b) => a.request.submittedAt - b.request.submittedAt);
};
