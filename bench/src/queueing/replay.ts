import { type Decision, defaultSettings, Scheduler, type SchedulerSettings } from '@orrery/execution/scheduling';
import { machinesOf, quotasOf, type Scenario, type Workload, workloadsOf } from './scenario.ts';

/** What happened, in order: all that a checker is told. */
export type Happening =
  | { readonly kind: 'submitted' | 'ended'; readonly at: number; readonly request: string }
  | { readonly kind: 'placed'; readonly at: number; readonly request: string; readonly isBorrowed: boolean }
  | { readonly kind: 'reserved'; readonly at: number; readonly request: string; readonly promised: number }
  | { readonly kind: 'preempted'; readonly at: number; readonly request: string; readonly by: string; readonly reason: string };

export interface Replayed {
  readonly happenings: readonly Happening[];
  /** Of this process, in all calls of the scheduler. */
  readonly cpuMs: number;
  readonly rounds: number;
  readonly decisions: number;
  /** Milliseconds of single rounds of decisions. */
  readonly roundMs: readonly number[];
  readonly simulatedMs: number;
}

interface Due {
  readonly kind: 'submit' | 'end';
  readonly id: string;
  /** Of what ends: it may have been preempted, and placed again, since. */
  readonly placedAt: number;
}

/** Within a queue the higher class always goes first, and who is preempted stops at once: as Kueue does. */
export const replaySettings: SchedulerSettings = { ...defaultSettings, graceMs: 0, minRunMs: 0 };
const atOnce = 1_024;
/** A scheduler that stands still is found out; nothing in these scenarios waits so long. */
const longestMs = 3_600_000;

/** A scenario happens to a scheduler, millisecond by millisecond, without waiting for any of them. */
class Replay {
  private readonly scheduler = new Scheduler(replaySettings, () => 0);
  private readonly agenda = new Map<number, Due[]>();
  private readonly workloads: ReadonlyMap<string, Workload>;
  private readonly running = new Map<string, number>();
  private readonly happenings: Happening[] = [];
  private readonly roundMs: number[] = [];
  private cpuMs = 0;
  private decisions = 0;
  private open: number;
  private wakeAt = 0;

  constructor(scenario: Scenario) {
    const workloads = workloadsOf(scenario);
    this.open = workloads.length;
    this.workloads = new Map(workloads.map((each) => [each.request.id, each]));
    this.timed(() => {
      this.scheduler.setQuotas(quotasOf(scenario), 0);
      for (const machine of machinesOf(scenario)) this.scheduler.addMachine(machine);
    });
    for (const { request } of workloads) this.plan(request.submittedAt, { kind: 'submit', id: request.id, placedAt: 0 });
  }

  run(): Replayed {
    let now = 0;
    for (; this.open > 0; now += 1) {
      if (now > longestMs) throw new Error(`${this.open} workloads were not admitted in ${longestMs} ms`);
      const due = this.agenda.get(now);
      if (!due && now < this.wakeAt) continue;
      for (const each of due ?? []) this.live(each, now);
      this.agenda.delete(now);
      this.decide(now);
    }
    const { happenings, cpuMs, decisions, roundMs } = this;
    return { happenings, cpuMs, rounds: roundMs.length, decisions, roundMs, simulatedMs: now };
  }

  private plan(at: number, due: Due): void {
    const there = this.agenda.get(at);
    if (there) there.push(due);
    else this.agenda.set(at, [due]);
  }

  private timed<T>(work: () => T): T {
    const { user, system } = process.cpuUsage();
    const result = work();
    const after = process.cpuUsage();
    this.cpuMs += (after.user + after.system - user - system) / 1_000;
    return result;
  }

  private live(due: Due, now: number): void {
    const { id } = due;
    if (due.kind === 'submit') {
      const request = this.workloads.get(id)?.request;
      if (request) this.timed(() => this.scheduler.submit(request));
      this.happenings.push({ kind: 'submitted', at: now, request: id });
    } else if (this.running.get(id) === due.placedAt) {
      this.running.delete(id);
      this.open -= 1;
      this.happenings.push({ kind: 'ended', at: now, request: id });
      this.timed(() => this.scheduler.ended(id, now));
    }
  }

  private decide(now: number): void {
    for (;;) {
      const began = performance.now();
      const decisions = this.timed(() => this.scheduler.decide(now, atOnce));
      this.roundMs.push(performance.now() - began);
      this.decisions += decisions.length;
      if (decisions.length === 0) break;
      for (const decision of decisions) this.apply(decision, now);
    }
    this.wakeAt = Math.ceil(this.timed(() => this.scheduler.dueAt(now)) ?? Number.POSITIVE_INFINITY);
  }

  private apply(decision: Decision, now: number): void {
    const id = decision.request;
    if (decision.kind === 'place') {
      const { choice, seats, isBorrowed } = decision;
      this.running.set(id, now);
      this.happenings.push({ kind: 'placed', at: now, request: id, isBorrowed });
      this.plan(now + (this.workloads.get(id)?.runMs ?? 0), { kind: 'end', id, placedAt: now });
      this.timed(() => this.scheduler.placed(id, { choice, seats, at: now, isBorrowed }));
    } else if (decision.kind === 'preempt') {
      this.running.delete(id);
      this.happenings.push({ kind: 'preempted', at: now, request: id, by: decision.by, reason: decision.reason });
      this.timed(() => {
        this.scheduler.preempting(id, now);
        this.scheduler.returned(id, { at: now, notBefore: now, failedOn: null, isPreempted: true });
      });
    } else if (decision.kind === 'reserve') {
      const { at, choice, seats } = decision;
      this.happenings.push({ kind: 'reserved', at: now, request: id, promised: at });
      this.timed(() => this.scheduler.reserved(id, { at, choice, seats }));
    }
  }
}

export const replay = (scenario: Scenario): Replayed => new Replay(scenario).run();
