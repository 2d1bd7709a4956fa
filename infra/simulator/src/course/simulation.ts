import type { Decision, Scheduler } from '@orrery/execution/scheduling';
import { Agenda } from './agenda.ts';
import { type Change, gpuMilliOfChoice, type Job, type Stay } from './course.ts';
import { Machines } from './machines.ts';
import { orgOf } from './org.ts';
import { Samples } from './samples.ts';
import { type Happening, order, type Rules, type Scenario } from './scenario.ts';
import { Turns } from './turns.ts';

interface Entry {
  readonly job: Job;
  readonly stay: Stay;
  /** Grows with every start: what was planned for an earlier one is void. */
  attempt: number;
  running: { readonly since: number; readonly milli: number; readonly machines: ReadonlySet<string> } | null;
}

const batch = 64;
/** Looks in a row that led to nothing, while nothing runs and nothing comes: what waits then waits for ever. */
const idleLooks = 100;
/** A scheduler that proposes more often at one moment proposes the same for ever. */
const mostRounds = 1_000_000;

/** Plays a scenario through a scheduler in simulated time, and writes down what became of everybody. */
export class Simulation {
  readonly samples: Samples;
  readonly stays: Stay[] = [];
  private readonly agenda = new Agenda<Happening>();
  private readonly entries = new Map<string, Entry>();
  private readonly machines: Machines;
  private readonly turns: Turns;
  private running = 0;
  private lookAt: number | null = null;
  private idle = 0;
  /** What the scheduler proposed, and how long it took to. */
  readonly work = { decisions: 0, seconds: 0 };

  constructor(
    private readonly scheduler: Scheduler,
    private readonly scenario: Scenario,
    private readonly rules: Rules,
  ) {
    this.samples = new Samples(scenario.weights);
    this.turns = new Turns(rules.ageingMs);
    this.machines = new Machines(scheduler, this.samples);
  }

  run(): void {
    for (const machine of this.scenario.machines) this.machines.join(machine);
    for (const change of this.scenario.changes) this.plan(change.at, { kind: 'change', change });
    for (const job of this.scenario.jobs) this.plan(job.submittedAt, { kind: 'arrive', job });
    for (let now = this.agenda.nextAt; now !== null && !this.isOver(); now = this.agenda.nextAt) {
      while (this.agenda.nextAt === now) {
        const happening = this.agenda.take();
        if (happening) this.happen(happening, now);
      }
      this.decide(now);
      if (now >= this.scenario.from) this.samples.note(now);
      this.lookAgain(now);
      const next = this.agenda.nextAt;
      if (next !== null && now >= this.scenario.from) this.samples.pass(next - now);
    }
  }

  /** Nobody is left or comes, or only looks are left, which have led to nothing for long. */
  private isOver(): boolean {
    if (this.stays.length === this.scenario.jobs.length && this.entries.size === 0) return true;
    return this.running === 0 && this.idle > idleLooks && this.agenda.size === 1 && this.agenda.first?.kind === 'look';
  }

  private plan(at: number, happening: Happening): void {
    this.agenda.put(at, order[happening.kind], happening);
  }

  private happen(happening: Happening, now: number): void {
    switch (happening.kind) {
      case 'arrive':
        this.arrive(happening.job, now);
        break;
      case 'change':
        this.change(happening.change, now);
        break;
      case 'look':
        break;
      default: {
        const entry = this.entries.get(happening.id);
        if (entry?.attempt === happening.attempt) this.leave(entry, happening.kind, now);
      }
    }
  }

  private arrive(job: Job, now: number): void {
    const { id, queue, submittedAt, calledOffAt } = job;
    const about = { startedAt: null, endedAt: null, ranMs: null, preemptions: 0, passed: null, heldGpuMs: 0, lostGpuMs: 0 };
    const stay: Stay = { id, org: orgOf(queue), submittedAt, ...about };
    this.stays.push(stay);
    this.entries.set(id, { job, stay, attempt: 0, running: null });
    this.scheduler.submit(job);
    this.waitForTurn(job);
    this.samples.change(queue, 0, 1);
    if (calledOffAt !== null) this.plan(Math.max(now, calledOffAt), { kind: 'call-off', id, attempt: 0 });
  }

  private leave(entry: Entry, how: 'end' | 'yield' | 'move' | 'call-off', now: number): void {
    if (how === 'end' || how === 'call-off') {
      this.end(entry, now);
      return;
    }
    entry.stay.preemptions += 1;
    this.back(entry, { at: now, notBefore: now, failedOn: null, isPreempted: how === 'yield' });
  }

  /** It waits again, in its old place; what it did so far was for nothing. */
  private back(entry: Entry, returned: Parameters<Scheduler['returned']>[1]): void {
    const { stay, job } = entry;
    stay.lostGpuMs += this.stop(entry, returned.at);
    this.scheduler.returned(job.id, returned);
    this.waitForTurn(job);
    this.samples.change(job.queue, 0, 1);
  }

  /** Whoever can never be served is passed by everybody, which says nothing of them. */
  private waitForTurn(job: Job): void {
    if (this.machines.couldServe(job.ask)) this.turns.wait(job);
  }

  private end(entry: Entry, now: number): void {
    const { job, stay, running } = entry;
    stay.endedAt = now;
    if (running) {
      stay.ranMs = now - running.since;
      this.stop(entry, now);
    } else this.stopWaiting(job);
    this.scheduler.ended(job.id, now);
    this.entries.delete(job.id);
  }

  private stopWaiting({ id, queue }: Job): void {
    this.turns.leave(id);
    this.samples.change(queue, 0, -1);
  }

  /** What it held is free; answers how much that was, times how long. */
  private stop(entry: Entry, now: number): number {
    const { running, job, stay } = entry;
    if (!running) return 0;
    this.running -= 1;
    entry.running = null;
    entry.attempt += 1;
    this.samples.change(job.queue, -running.milli, 0);
    const held = running.milli * (now - running.since);
    stay.heldGpuMs += held;
    return held;
  }

  private decide(now: number): void {
    let isIdle = true;
    for (let rounds = 0; ; rounds += 1) {
      const began = this.rules.clock();
      const decisions = this.scheduler.decide(now, batch);
      this.work.seconds += (this.rules.clock() - began) / 1_000;
      if (decisions.length === 0) break;
      if (rounds > mostRounds) throw new Error(`the scheduler does not come to an end at ${now}`);
      isIdle = false;
      this.work.decisions += decisions.length;
      for (const decision of decisions) this.carryOut(decision, now);
    }
    this.idle = isIdle ? this.idle + 1 : 0;
  }

  private carryOut(decision: Decision, now: number): void {
    const { request: id } = decision;
    const entry = this.entries.get(id);
    if (!entry) return;
    switch (decision.kind) {
      case 'place':
        this.place(entry, decision, now);
        break;
      case 'preempt':
        this.scheduler.preempting(id, now);
        this.plan(now + this.rules.graceMs, { kind: 'yield', id, attempt: entry.attempt });
        break;
      case 'reserve':
        this.scheduler.reserved(id, decision);
        break;
      case 'expire':
        this.end(entry, now);
        break;
    }
  }

  private place(entry: Entry, { choice, seats, isBorrowed }: Extract<Decision, { kind: 'place' }>, now: number): void {
    const { job, stay } = entry;
    this.scheduler.placed(job.id, { choice, seats, at: now, isBorrowed });
    if (stay.startedAt === null) {
      stay.startedAt = now;
      stay.passed = this.turns.earlierThan(job);
    }
    this.stopWaiting(job);
    const milli = gpuMilliOfChoice(job, choice);
    this.samples.change(job.queue, milli, 0);
    entry.attempt += 1;
    entry.running = { since: now, milli, machines: new Set(seats.map(({ machine }) => machine)) };
    this.running += 1;
    const runMs = job.runMs ?? Math.max(0, (job.calledOffAt ?? Number.POSITIVE_INFINITY) - now);
    this.plan(now + Math.min(job.limitMs, runMs), { kind: 'end', id: job.id, attempt: entry.attempt });
  }

  private lookAgain(now: number): void {
    const at = this.scheduler.dueAt(now);
    if (at === null || at <= now || (this.lookAt !== null && this.lookAt > now && this.lookAt <= at)) return;
    this.lookAt = at;
    this.plan(at, { kind: 'look' });
  }

  private change(change: Change, now: number): void {
    switch (change.kind) {
      case 'drain':
        this.drain(change, now);
        break;
      case 'leave':
      case 'lose':
        this.lose(change.machine, now);
        if (change.kind === 'leave') this.machines.leave(change.machine);
        break;
      default:
        this.machines.tell(change, now);
    }
  }

  /** Those who are moved are told as all who are preempted, and it does not count against what they can be asked to bear. */
  private drain({ machine, isWhole }: Extract<Change, { readonly kind: 'drain' }>, now: number): void {
    this.machines.open(machine, false);
    for (const { job, running, attempt } of this.entries.values()) {
      if (!running?.machines.has(machine) || !(isWhole || job.isPreemptible)) continue;
      this.scheduler.preempting(job.id, now);
      this.plan(now + this.rules.graceMs, { kind: 'move', id: job.id, attempt });
    }
  }

  /** Whoever ran there waits again. */
  private lose(machine: string, now: number): void {
    this.machines.open(machine, false);
    for (const entry of this.entries.values()) {
      if (!entry.running?.machines.has(machine)) continue;
      this.back(entry, { at: now, notBefore: now, failedOn: machine, isPreempted: false });
    }
  }
}
