import type { QuotaNode } from '../../src/domain/scheduling/admission/quota-node.ts';
import type { Need } from '../../src/domain/scheduling/placement/need.ts';
import type { Decision, PreemptionReason, Request } from '../../src/domain/scheduling/request.ts';
import { Scheduler } from '../../src/domain/scheduling/scheduler/scheduler.ts';
import { defaultSettings, type SchedulerSettings } from '../../src/domain/scheduling/scheduler/settings.ts';
import { SeatsBook } from './seats-book.ts';

export const minute = 60_000;
export const hour = 60 * minute;

/** A workload, and how it really is. What is left out is the simplest. */
export interface Job {
  readonly id: string;
  readonly queue?: string;
  /** For each member. */
  readonly gpus?: number;
  /** Of one GPU, in thousandths. */
  readonly share?: number;
  readonly nodes?: number;
  readonly model?: string;
  /** The only one that will do. */
  readonly machine?: string;
  /** It ends by itself after so long. */
  readonly runMs?: number;
  readonly limitMs?: number;
  readonly rank?: number;
  readonly isPreemptible?: boolean;
  readonly deadlineAt?: number | null;
}

export interface Preemption {
  readonly at: number;
  readonly victim: string;
  readonly by: string;
  readonly reason: PreemptionReason;
}

interface Due {
  readonly at: number;
  readonly act: () => void;
}

interface Live {
  readonly request: Request;
  readonly runMs: number;
  /** Grows with every placement and every end: what was due for an earlier one is not. */
  turn: number;
  isRunning: boolean;
}

export const quota = (id: string, gpus: number, rest: Partial<QuotaNode> = {}): QuotaNode => ({
  id,
  parent: null,
  weight: 1,
  guaranteed: { a100: 1_000 * gpus },
  limit: {},
  ...rest,
});

const tooManyRounds = 1_000;

/** A cluster on which everything that a scheduler proposes comes true at once, and time passes when it is told to. */
export class Timeline {
  readonly settings: SchedulerSettings;
  readonly scheduler: Scheduler;
  readonly preemptions: Preemption[] = [];
  readonly starts: { readonly id: string; readonly at: number; readonly isBorrowed: boolean }[] = [];
  /** The moments that requests were promised, in order. */
  readonly reserved: { readonly id: string; readonly at: number; readonly told: number }[] = [];
  readonly expired: string[] = [];
  now = 0;
  /** Called when everything that happens at a moment has happened. */
  afterwards: () => void = () => {};
  private readonly book = new SeatsBook();
  private readonly live = new Map<string, Live>();
  /** The next one last. */
  private readonly agenda: Due[] = [];

  constructor(settings: Partial<SchedulerSettings> = {}) {
    this.settings = { ...defaultSettings, ...settings };
    this.scheduler = new Scheduler(this.settings, () => 0);
  }

  machine(id: string, gpus = 8, model = 'a100'): this {
    const size = { id, cpuMilli: 1_000_000, memoryMib: 1_000_000, gpuModels: new Array<string>(gpus).fill(model) };
    this.book.join(size);
    this.scheduler.addMachine(size);
    return this;
  }

  quotas(...nodes: readonly QuotaNode[]): this {
    this.scheduler.setQuotas(nodes, this.now);
    return this;
  }

  submit(job: Job): void {
    const { id, queue = 'acme', nodes = 1, runMs = hour, limitMs = runMs, rank = 0, isPreemptible = false, deadlineAt = null } = job;
    const ask = { nodes, choices: [needOf(job)] };
    const request = { id, queue, ask, rank, isPreemptible, limitMs, deadlineAt, submittedAt: this.now };
    this.live.set(id, { request, runMs: Math.min(runMs, limitMs), turn: 0, isRunning: false });
    this.scheduler.submit(request);
  }

  /** Its owner does not want it any more. */
  cancel(id: string): void {
    const one = this.of(id);
    if (one.isRunning) this.book.leave(id);
    this.live.delete(id);
    this.scheduler.ended(id, this.now);
  }

  at(time: number, act: () => void): void {
    let [low, high] = [0, this.agenda.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.agenda[middle]?.at ?? time) > time) low = middle + 1;
      else high = middle;
    }
    this.agenda.splice(low, 0, { at: time, act });
  }

  /** Time passes, and whatever is due happens in its order. */
  pass(ms: number): void {
    const until = this.now + ms;
    this.decide();
    for (;;) {
      const next = Math.min(this.agenda.at(-1)?.at ?? Number.POSITIVE_INFINITY, this.dueAt());
      if (next > until) break;
      this.now = next;
      while ((this.agenda.at(-1)?.at ?? Number.POSITIVE_INFINITY) <= next) this.agenda.pop()?.act();
      this.decide();
    }
    this.now = until;
  }

  where(id: string): readonly string[] {
    return this.book.machinesOf(id);
  }

  isRunning(id: string): boolean {
    return this.live.get(id)?.isRunning ?? false;
  }

  running(): readonly Request[] {
    return [...this.live.values()].filter(({ isRunning }) => isRunning).map(({ request }) => request);
  }

  waiting(): readonly Request[] {
    return [...this.live.values()].filter(({ isRunning }) => !isRunning).map(({ request }) => request);
  }

  reasonOf(id: string): string | undefined {
    return this.scheduler.waits(this.now).find(({ request }) => request === id)?.reason;
  }

  startOf(id: string): number | undefined {
    return this.starts.findLast((start) => start.id === id)?.at;
  }

  private dueAt(): number {
    const due = this.scheduler.dueAt(this.now);
    if (due !== null && due <= this.now)
      throw new Error(`at ${this.now} the scheduler has nothing to say, and wants to be asked at ${due}`);
    return due ?? Number.POSITIVE_INFINITY;
  }

  private decide(): void {
    for (let round = 0; ; round += 1) {
      const decisions = this.scheduler.decide(this.now, 1_000);
      if (decisions.length === 0) break;
      if (round === tooManyRounds) throw new Error(`the scheduler does not come to an end: ${JSON.stringify(decisions)}`);
      for (const decision of decisions) this.follow(decision);
    }
    this.afterwards();
  }

  private follow(decision: Decision): void {
    const id = decision.request;
    if (decision.kind === 'place') this.place(decision);
    else if (decision.kind === 'preempt') this.preempt(decision);
    else if (decision.kind === 'reserve') {
      const { at, choice, seats } = decision;
      this.reserved.push({ id, at, told: this.now });
      this.scheduler.reserved(id, { at, choice, seats });
    } else {
      this.expired.push(id);
      this.live.delete(id);
      this.scheduler.ended(id, this.now);
    }
  }

  private place({ request: id, choice, seats, isBorrowed }: Decision & { kind: 'place' }): void {
    const one = this.of(id);
    this.book.take(one.request, choice, seats);
    one.turn += 1;
    one.isRunning = true;
    this.starts.push({ id, at: this.now, isBorrowed });
    const { turn } = one;
    this.at(this.now + one.runMs, () => this.end(id, turn));
    this.scheduler.placed(id, { choice, seats, at: this.now, isBorrowed });
  }

  private preempt({ request: victim, by, reason }: Decision & { kind: 'preempt' }): void {
    const one = this.of(victim);
    if (!one.isRunning) throw new Error(`${victim} does not run, and is to be preempted`);
    this.preemptions.push({ at: this.now, victim, by, reason });
    this.scheduler.preempting(victim, this.now);
    const { turn } = one;
    this.at(this.now + this.settings.graceMs, () => {
      if (this.live.get(victim)?.turn !== turn) return;
      this.stop(victim);
      this.scheduler.returned(victim, { at: this.now, notBefore: this.now, failedOn: null, isPreempted: true });
    });
  }

  private end(id: string, turn: number): void {
    if (this.live.get(id)?.turn !== turn) return;
    this.stop(id);
    this.live.delete(id);
    this.scheduler.ended(id, this.now);
  }

  private stop(id: string): void {
    const one = this.of(id);
    one.turn += 1;
    one.isRunning = false;
    this.book.leave(id);
  }

  private of(id: string): Live {
    const one = this.live.get(id);
    if (!one) throw new Error(`there is no ${id}`);
    return one;
  }
}

const needOf = ({ gpus = 1, share = 1_000, model, machine }: Job): Need => ({
  cpuMilli: 0,
  memoryMib: 0,
  gpus,
  gpuMilli: gpus === 0 ? 0 : share,
  models: model === undefined ? null : [model],
  ...(machine === undefined ? {} : { machine }),
});
