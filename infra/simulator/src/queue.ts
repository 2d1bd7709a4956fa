import { type Decision, defaultSettings, Scheduler } from '@orrery/execution/scheduling';
import type { Job } from './course/course.ts';
import { type Chance, chanceOf } from './draw.ts';
import { machinesOf } from './generate.ts';
import { quantile, rising } from './numbers.ts';
import { type Quota, readQuotas } from './quotas.ts';
import { allGpus } from './replay.ts';
import type { QueueSettings } from './settings.ts';
import { waitingOf } from './synthetic.ts';
import { duration, tableOf } from './table.ts';

/** Processor time, that of garbage collection included: on a busy machine a watch says what others did. */
interface Times {
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** How fast decisions came in one phase. Of a decision: its round's time by the number of the round's decisions. */
interface Pace extends Times {
  readonly decisions: number;
  /** By the clock, with telling the scheduler what became of them. */
  readonly decisionsPerSecond: number;
  /** Each answers with all that holds together, and now and then with nothing: that counts as one decision. */
  readonly rounds: Times & { readonly count: number };
}

/** What each round took, and of how many decisions. */
interface Lengths {
  readonly rounds: number[];
  readonly decisions: number[];
}

interface QueueReport {
  readonly policy: string;
  readonly seed: number;
  readonly nodes: number;
  readonly gpus: number;
  readonly requests: number;
  readonly queues: number;
  readonly submitSeconds: number;
  /** While the empty cluster fills. */
  readonly filling: Pace;
  /** While requests end on the full cluster, and others take their place. */
  readonly turnover: Pace;
  readonly waiting: number;
  readonly snapshotSeconds: number;
  readonly restoreSeconds: number;
  /** The restored scheduler proposes what the old one does. */
  readonly isRestoredEqual: boolean;
  /** The most memory that the process had, in MiB. */
  readonly peakMib: number;
}

const most = { filling: 200_000, turnover: 20_000 };
const minuteMs = 60_000;
/** Asked for at once, as the platform does: what they cost is each one's alike. */
const round = 64;
/** Decisions by which the restored scheduler is told from the old one. */
const compared = 64;

const timesOf = (lengthsMs: readonly number[]): Times => {
  const sorted = rising(lengthsMs);
  const us = (part: number): number => 1_000 * quantile(sorted, part);
  return { p50Us: us(0.5), p99Us: us(0.99), maxUs: us(1) };
};

const paceOf = ({ decisions, rounds }: Lengths, totalMs: number): Pace => ({
  decisions: decisions.length,
  decisionsPerSecond: totalMs > 0 ? Math.round((1_000 * decisions.length) / totalMs) : 0,
  ...timesOf(decisions),
  rounds: { count: rounds.length, ...timesOf(rounds) },
});

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** A scheduler with a long queue. */
class Bench {
  /** Who has machines. */
  private readonly running = new Set<string>();
  /** Who was given machines, in no order; some have left since. */
  private readonly drawn: string[] = [];
  /** Who makes room for others, until when. */
  private yielding: { readonly id: string; readonly until: number }[] = [];
  now = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly clock: () => number,
  ) {}

  /** Decides until nothing follows any more, so many decisions were made, or time is up. */
  settle(limit: number, until: number, lengths: Lengths): void {
    while (lengths.decisions.length < limit && this.clock() < until) {
      const began = cpuMs();
      const decisions = this.scheduler.decide(this.now, round);
      const roundMs = cpuMs() - began;
      lengths.rounds.push(roundMs);
      if (decisions.length === 0) {
        lengths.decisions.push(roundMs);
        return;
      }
      for (const decision of decisions) {
        lengths.decisions.push(roundMs / decisions.length);
        this.tell(decision);
      }
    }
  }

  /** Some time passes: preempted ones whose grace is over wait again, and one of those that run ends. */
  pass(ms: number, chance: Chance): void {
    this.now += ms;
    for (const { id, until } of this.yielding) {
      if (until > this.now || !this.running.delete(id)) continue;
      this.scheduler.returned(id, { at: this.now, notBefore: this.now, failedOn: null, isPreempted: true });
    }
    this.yielding = this.yielding.filter(({ until }) => until > this.now);
    const id = this.one(chance);
    if (id !== undefined) this.scheduler.ended(id, this.now);
  }

  private one({ below }: Chance): string | undefined {
    while (this.drawn.length > 0) {
      const index = below(this.drawn.length);
      const [last = '', id = last] = [this.drawn.pop(), this.drawn[index]];
      if (index < this.drawn.length) this.drawn[index] = last;
      if (this.running.delete(id)) return id;
    }
    return undefined;
  }

  private tell(decision: Decision): void {
    const { request } = decision;
    switch (decision.kind) {
      case 'place':
        this.scheduler.placed(request, { ...decision, at: this.now });
        this.running.add(request);
        this.drawn.push(request);
        break;
      case 'reserve':
        this.scheduler.reserved(request, decision);
        break;
      case 'preempt':
        this.scheduler.preempting(request, this.now);
        this.yielding.push({ id: request, until: this.now + defaultSettings.graceMs });
        break;
      case 'expire':
        this.scheduler.ended(request, this.now);
    }
  }
}

const timed = <T>(work: () => T, clock: () => number): { readonly value: T; readonly seconds: number } => {
  const began = clock();
  const value = work();
  return { value, seconds: (clock() - began) / 1_000 };
};

const schedulerWith = (machines: ReturnType<typeof machinesOf>, quotas: readonly Quota[], make: () => Scheduler): Scheduler => {
  const scheduler = make();
  scheduler.setQuotas(quotas, 0);
  for (const machine of machines) scheduler.addMachine(machine);
  return scheduler;
};

/** In seconds. Nobody keeps the list: what is measured is what the scheduler needs. */
const submitAll = (scheduler: Scheduler, jobs: readonly Job[], clock: () => number): number =>
  timed(() => {
    for (const job of jobs) scheduler.submit(job);
  }, clock).seconds;

const msPerTurn = 1_000;

const measure = (settings: QueueSettings): QueueReport => {
  const { source, policy, seed } = settings;
  // A phase ends after so long, however few decisions that were.
  const longestMs = minuteMs * settings.minutes;
  const clock = (): number => performance.now();
  const chance = chanceOf(seed);
  const machines = machinesOf(source.gpus, chanceOf(source.gpus));
  const requests = source.requests ?? 10 * allGpus(machines);
  const rules = { ...defaultSettings, policy };
  const scheduler = schedulerWith(machines, readQuotas(settings.quotas), () => new Scheduler(rules, chanceOf(seed).share));
  const submitSeconds = submitAll(scheduler, waitingOf(requests, source.queues, chance), clock);
  const bench = new Bench(scheduler, clock);
  bench.now = requests;
  const filling: Lengths = { rounds: [], decisions: [] };
  const filled = timed(() => bench.settle(most.filling, clock() + longestMs, filling), clock);
  const turnover: Lengths = { rounds: [], decisions: [] };
  const turned = timed(() => {
    const until = clock() + longestMs;
    while (turnover.decisions.length < most.turnover && clock() < until) {
      bench.pass(msPerTurn, chance);
      bench.settle(most.turnover, until, turnover);
    }
  }, clock);
  const snapshot = timed(() => scheduler.snapshot(), clock);
  const restored = timed(() => Scheduler.restore(snapshot.value, rules, chanceOf(seed).share), clock);
  const [before, after] = [scheduler, restored.value].map((each) => JSON.stringify(each.decide(bench.now, compared)));
  return {
    policy,
    seed,
    nodes: machines.length,
    gpus: allGpus(machines),
    requests,
    queues: source.queues,
    submitSeconds,
    filling: paceOf(filling, 1_000 * filled.seconds),
    turnover: paceOf(turnover, 1_000 * turned.seconds),
    waiting: scheduler.load().waiting,
    snapshotSeconds: snapshot.seconds,
    restoreSeconds: restored.seconds,
    isRestoredEqual: before === after,
    peakMib: process.resourceUsage().maxRSS / 1_024,
  };
};

const micros = (value: number): string => `${value.toFixed(0)} µs`;

const timesIn = ({ p50Us, p99Us, maxUs }: Times): readonly string[] => [p50Us, p99Us, maxUs].map(micros);

const paceRows = (name: string, pace: Pace): readonly (readonly string[])[] => [
  [name, `${pace.decisions} decisions`, String(pace.decisionsPerSecond), ...timesIn(pace)],
  ['', `${pace.rounds.count} rounds`, '', ...timesIn(pace.rounds)],
];

const print = (report: QueueReport): string =>
  [
    `${report.policy}: ${report.requests} requests in ${report.queues} queues, ${report.gpus} GPUs on ${report.nodes} nodes; seed ${report.seed}`,
    '',
    tableOf(
      ['', 'of', 'decisions/s', 'CPU time p50', 'p99', 'max'],
      [...paceRows('the empty cluster fills', report.filling), ...paceRows('requests end and others begin', report.turnover)],
    ),
    '',
    `still waiting ${report.waiting}; memory at most ${report.peakMib.toFixed(0)} MiB`,
    `submitted in ${duration(report.submitSeconds)}, snapshot in ${duration(report.snapshotSeconds)}, restored in ${duration(report.restoreSeconds)}; ` +
      `the restored scheduler decides ${report.isRestoredEqual ? 'the same' : 'OTHERWISE'}`,
  ].join('\n');

/** Measures the scheduler with a long queue that is made up. */
export const simulateQueue = (settings: QueueSettings): string => {
  const report = measure(settings);
  return settings.json ? JSON.stringify(report) : print(report);
};
