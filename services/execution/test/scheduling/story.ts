import type { QuotaNode } from '../../src/domain/scheduling/admission/quota-node.ts';
import type { MachineSize } from '../../src/domain/scheduling/placement/place.ts';
import type { Decision, Request } from '../../src/domain/scheduling/request.ts';
import { orgOf } from '../../src/domain/scheduling/scheduler/queues.ts';
import { Scheduler } from '../../src/domain/scheduling/scheduler/scheduler.ts';
import type { SchedulerSettings } from '../../src/domain/scheduling/scheduler/settings.ts';
import { Books, type Running } from './books.ts';

/** A cluster in which everything happens in its time: what is preempted or at its limit ends when its grace is over. */
export class Story {
  readonly books = new Books();
  readonly faults: string[] = [];
  readonly told: Decision[] = [];
  now = 1_000_000_000;
  scheduler: Scheduler;
  /** Is told whenever it has decided, before any of it comes true. */
  watch: ((decisions: readonly Decision[]) => void) | null = null;

  constructor(readonly settings: SchedulerSettings) {
    this.scheduler = new Scheduler(settings, () => 0.5);
  }

  setQuotas(nodes: readonly QuotaNode[]): void {
    this.books.quotas = nodes;
    this.scheduler.setQuotas(nodes, this.now);
  }

  machine(size: MachineSize): void {
    this.books.machines.set(size.id, { size, isOpen: true, isHere: true, closed: [] });
    this.scheduler.addMachine(size);
  }

  submit(request: Request): void {
    this.books.waiting.set(request.id, request);
    this.scheduler.submit(request);
  }

  /** Decides until there is nothing more to decide. */
  settle(): void {
    for (let round = 0; round < 200; round += 1) {
      const decisions = this.scheduler.decide(this.now, 1_000);
      this.watch?.(decisions);
      if (decisions.length === 0) return;
      for (const decision of decisions) this.tell(decision);
      this.faults.push(...this.books.faults());
    }
    this.faults.push('it never ceases to decide');
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (let next = this.nextEnd(); next !== null && next.at <= until; next = this.nextEnd()) {
      this.now = Math.max(this.now, next.at);
      this.leave(next.id);
      this.settle();
    }
    this.now = until;
    this.settle();
  }

  end(id: string): void {
    this.books.running.delete(id);
    this.books.waiting.delete(id);
    this.books.reserved.delete(id);
    this.scheduler.ended(id, this.now);
  }

  fail(id: string, failedOn: string | null, isPreempted = false): void {
    const running = this.books.running.get(id);
    if (!running) return;
    this.books.running.delete(id);
    this.books.waiting.set(id, running.request);
    if (isPreempted) this.books.preemptions.set(id, (this.books.preemptions.get(id) ?? 0) + 1);
    const notBefore = isPreempted ? this.now : this.now + 1_000;
    this.books.notBefore.set(id, notBefore);
    this.scheduler.returned(id, { at: this.now, notBefore, failedOn, isPreempted });
  }

  /** Its agent does not end it in time. */
  outlive(id: string, ms: number): void {
    const running = this.books.running.get(id);
    if (running) running.outlivesMs = ms;
  }

  open(id: string, isOpen: boolean): void {
    const machine = this.books.machines.get(id);
    if (!machine?.isHere) return;
    machine.isOpen = isOpen;
    this.excuse();
    this.scheduler.openMachine(id, isOpen);
  }

  lose(id: string): void {
    const machine = this.books.machines.get(id);
    if (!machine?.isHere) return;
    machine.isHere = false;
    this.excuse();
    this.scheduler.removeMachine(id);
    for (const [run, { seats }] of [...this.books.running]) if (seats.some((seat) => seat.machine === id)) this.fail(run, id);
  }

  comeBack(id: string): void {
    const machine = this.books.machines.get(id);
    if (!machine || machine.isHere) return;
    Object.assign(machine, { isHere: true, isOpen: true, closed: [] });
    this.scheduler.addMachine(machine.size);
  }

  closeGpus(id: string, gpus: readonly number[]): void {
    const machine = this.books.machines.get(id);
    if (!machine?.isHere) return;
    machine.closed = gpus;
    this.excuse();
    this.scheduler.closeGpus(id, gpus);
  }

  restored(): Scheduler {
    return Scheduler.restore(JSON.parse(JSON.stringify(this.scheduler.snapshot())), this.settings, () => 0.5);
  }

  private excuse(): void {
    for (const reserved of this.books.reserved.values()) reserved.isExcused = true;
  }

  private endOf({ at, request, preemptingAt, outlivesMs }: Running): number {
    const end = at + request.limitMs + this.settings.graceMs + outlivesMs;
    return preemptingAt === null ? end : Math.min(end, preemptingAt + this.settings.graceMs);
  }

  private nextEnd(): { readonly id: string; readonly at: number } | null {
    let next: { readonly id: string; readonly at: number } | null = null;
    for (const [id, running] of this.books.running) {
      const at = this.endOf(running);
      if (!next || at < next.at) next = { id, at };
    }
    return next;
  }

  private leave(id: string): void {
    const running = this.books.running.get(id);
    const isPreempted =
      running !== undefined && running.preemptingAt !== null && running.preemptingAt < running.at + running.request.limitMs;
    if (isPreempted) this.fail(id, null, true);
    else this.end(id);
  }

  private tell(decision: Decision): void {
    this.told.push(decision);
    if (decision.kind === 'place') this.place(decision);
    else if (decision.kind === 'preempt') this.preempt(decision);
    else if (decision.kind === 'reserve') this.reserve(decision);
    else this.expire(decision.request);
  }

  private place(decision: Extract<Decision, { kind: 'place' }>): void {
    const { request: id, choice, seats, isBorrowed } = decision;
    const request = this.books.waiting.get(id);
    const need = request?.ask.choices[choice];
    const fault = request ? this.books.faultOf(request, choice, seats) : 'it does not wait';
    if (!request || !need || fault !== null) {
      this.faults.push(`${id} cannot be placed: ${fault}`);
      return;
    }
    const reserved = this.books.reserved.get(id);
    // Whoever begins late by no more than its grace counts as in time, and may cost the next one so much.
    if (reserved && !reserved.isExcused && this.now > reserved.at + this.settings.graceMs)
      this.faults.push(`${id} is placed ${this.now - reserved.at} ms after its reserved moment`);
    this.books.reserved.delete(id);
    this.books.waiting.delete(id);
    this.books.running.set(id, { request, need, seats, at: this.now, isBorrowed, preemptingAt: null, taker: null, outlivesMs: 0 });
    this.scheduler.placed(id, { choice, seats, at: this.now, isBorrowed });
  }

  private preempt({ request: id, by, reason }: Extract<Decision, { kind: 'preempt' }>): void {
    const victim = this.books.running.get(id);
    const taker = this.books.waiting.get(by);
    if (!victim || !taker || victim.preemptingAt !== null) {
      this.faults.push(`${id} cannot make way`);
      return;
    }
    const isOwn =
      orgOf(victim.request.queue) === orgOf(taker.queue) &&
      victim.request.isPreemptible &&
      !taker.isPreemptible &&
      taker.rank >= victim.request.rank;
    const isHigher = victim.isBorrowed && victim.request.isPreemptible && !taker.isPreemptible;
    if (!(reason === 'own-org' ? isOwn : reason === 'higher-level' ? isHigher : this.books.mayReclaim(taker, victim)))
      this.faults.push(`${id} may not be made to make way: ${reason}`);
    if (this.now - victim.at < this.settings.minRunMs) this.faults.push(`${id} has not run for long enough`);
    if ((this.books.preemptions.get(id) ?? 0) >= this.settings.maxPreemptions) this.faults.push(`${id} is preempted too often`);
    victim.preemptingAt = this.now;
    victim.taker = by;
    this.scheduler.preempting(id, this.now);
  }

  private reserve({ request: id, at, choice, seats }: Extract<Decision, { kind: 'reserve' }>): void {
    const request = this.books.waiting.get(id);
    const fault = request ? this.books.faultOf(request, choice, seats) : 'it does not wait';
    if (fault !== null) this.faults.push(`${id} cannot reserve: ${fault}`);
    const before = this.books.reserved.get(id);
    if (before && !before.isExcused && at > before.at) this.faults.push(`the reserved moment of ${id} moves later by ${at - before.at} ms`);
    this.books.reserved.set(id, { at: before && !before.isExcused ? Math.min(before.at, at) : at, isExcused: false });
    this.scheduler.reserved(id, { at, choice, seats });
  }

  private expire(id: string): void {
    const request = this.books.waiting.get(id);
    if (!request?.deadlineAt || this.now + request.limitMs <= request.deadlineAt) this.faults.push(`${id} could still end in time`);
    this.end(id);
  }
}
