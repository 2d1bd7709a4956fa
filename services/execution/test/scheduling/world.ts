import type { Need } from '../../src/domain/scheduling/placement/need.ts';
import type { Decision, Request } from '../../src/domain/scheduling/request.ts';
import { Scheduler } from '../../src/domain/scheduling/scheduler/scheduler.ts';
import { defaultSettings, type SchedulerSettings } from '../../src/domain/scheduling/scheduler/settings.ts';

export const minute = 60_000;
export const hour = 60 * minute;

export const gpus = (count: number, more: Partial<Need> = {}): Need => ({
  cpuMilli: 1_000,
  memoryMib: 1_000,
  gpus: count,
  gpuMilli: 1_000,
  models: null,
  ...more,
});

/** Tells the scheduler what it proposed. */
export class World {
  now = 1_000_000_000;
  scheduler: Scheduler;

  constructor(readonly settings: Partial<SchedulerSettings> = {}) {
    this.scheduler = new Scheduler({ ...defaultSettings, ...settings }, () => 0.5);
  }

  machine(id: string, count: number): void {
    this.scheduler.addMachine({ id, cpuMilli: 64_000, memoryMib: 512_000, gpuModels: Array.from({ length: count }, () => 'A100') });
  }

  ask(id: string, queue: string, need: Need, more: Partial<Request> & { readonly nodes?: number } = {}): void {
    const { nodes = 1, ...rest } = more;
    const base = { rank: 0, isPreemptible: false, limitMs: hour, deadlineAt: null, submittedAt: this.now };
    this.scheduler.submit({ id, queue, ask: { nodes, choices: [need] }, ...base, ...rest });
  }

  tell(decision: Decision): void {
    if (decision.kind === 'place') this.scheduler.placed(decision.request, { ...decision, at: this.now });
    else if (decision.kind === 'preempt') this.scheduler.preempting(decision.request, this.now);
    else if (decision.kind === 'reserve') this.scheduler.reserved(decision.request, decision);
    else this.scheduler.ended(decision.request, this.now);
  }

  round(): readonly string[] {
    const decisions = this.scheduler.decide(this.now, 1_000);
    for (const decision of decisions) this.tell(decision);
    return decisions.map(({ kind, request }) => `${kind} ${request}`);
  }

  pass(ms: number): void {
    this.now += ms;
  }

  end(id: string): void {
    this.scheduler.ended(id, this.now);
  }

  preempted(id: string): void {
    this.scheduler.returned(id, { at: this.now, notBefore: this.now, failedOn: null, isPreempted: true });
  }

  reasons(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.scheduler.waits(this.now).map(({ request, reason }) => [request, reason]));
  }

  /** Of the one that was written down and read. */
  restored(): Scheduler {
    return Scheduler.restore(JSON.parse(JSON.stringify(this.scheduler.snapshot())), { ...defaultSettings, ...this.settings }, () => 0.5);
  }
}
