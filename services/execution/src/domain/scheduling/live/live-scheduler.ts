import { epochOf } from '@orrery/contracts';
import type { RunEvent } from '../../run/run-facts.ts';
import type { WorkerEvent } from '../../worker.ts';
import { noTraits } from '../../worker.ts';
import type { Consulted } from '../explain/consulted.ts';
import type { SceneParts } from '../explain/scene.ts';
import { type Around, Sight } from '../explain/sight.ts';
import { type Chance, chanceOf } from '../placement/chance.ts';
import type { MachineSize } from '../placement/place.ts';
import type { Request } from '../request.ts';
import { type RulesEvent, SchedulingRules } from '../rules/rules.ts';
import type { RulesState } from '../rules/rules-state.ts';
import type { Load, Wait as QueueWait, WaitReason } from '../scheduler/facts.ts';
import type { SchedulerMemory } from '../scheduler/memory.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import type { SchedulerSettings } from '../scheduler/settings.ts';
import { brokenUnder, movedFrom } from './chores.ts';
import { isOfRules, isOfRun, isOfWorker, type LiveDecision, type LiveFact, timeOf } from './facts.ts';
import { LiveRequests } from './live-requests.ts';
import { awayOf, closedGpus, evolveMachine, isOpen, type LiveMachine, sizeOf } from './machine.ts';
import { isAlike, nodeOf, settingsOf } from './settings.ts';
import { liveDecisionsOf } from './translate.ts';
import type { Wait } from './waiting.ts';

/**
 * What is heard as soon as it is a fact is told again by whoever follows the log, later: of so many streams that have ended it is
 * known that they have. It is more than end while the log is read once.
 */
const mostGone = 50_000;

/** What it knows of work that is over, and the latest time that it was told, as JSON carries it. */
export interface LiveMemory extends SchedulerMemory {
  readonly clock: number;
}

/**
 * The scheduler among facts. It may be told a fact again; those of one stream come in their own order. All that it knows follows from
 * facts, so that another one that is told the same decides the same.
 */
export class LiveScheduler implements Consulted {
  private readonly versions = new Map<string, number>();
  private readonly machines = new Map<string, LiveMachine>();
  private readonly requests = new LiveRequests((streams) => this.forget(streams));
  /** Machines that are drained, or have a broken GPU. */
  private readonly ailing = new Set<string>();
  /** Streams that have ended, the oldest first. */
  private readonly gone = new Set<string>();
  private rules: RulesState = SchedulingRules.initial;
  private scheduler: Scheduler;
  /** Times are told by many clocks: to the scheduler none goes back. */
  private clock = 0;

  /** How many had a place when something was last decided: what chance draws by. */
  private placed = 0;
  private readonly chance: Chance = (place) => chanceOf(place, this.placed);

  constructor() {
    this.scheduler = new Scheduler(settingsOf(this.rules), this.chance);
  }

  get graceMs(): number {
    return this.rules.rules.graceMs;
  }

  /** Whether it was news. */
  apply(fact: LiveFact): boolean {
    const { event, stream } = fact;
    const before = this.versions.get(stream);
    if (isOfRules(event)) this.onRules(fact, event);
    else if (isOfRun(event)) this.onRun(fact, event);
    else if (isOfWorker(event)) this.onWorker(fact, event);
    return this.versions.get(stream) !== before;
  }

  memory(): LiveMemory {
    return { ...this.scheduler.memory(), clock: this.clock };
  }

  /** Remembers what that one did which had heard of all that this one has, and of more. Otherwise the answer is who held something else. */
  recall({ clock, ...memory }: LiveMemory): string | null {
    const difference = this.scheduler.recall(memory);
    if (difference === null) this.tick(clock);
    return difference;
  }

  /** What should become facts now; changes nothing. */
  decide(now: number, limit: number): readonly LiveDecision[] {
    const chores = this.chores(now);
    this.placed = this.scheduler.load().placed;
    const decisions = this.scheduler.decide(this.at(now), limit);
    return [...chores, ...liveDecisionsOf(decisions, (request) => this.requests.membersOf(request))];
  }

  /** Runs that wait, those that came first first, and why, as was found out when something was last decided: nothing is decided for it. */
  waits(): Iterator<Wait, void> {
    return this.requests.waits(this.scheduler);
  }

  /** When the passing of time alone could change what is decided. */
  dueAt(now: number): number | null {
    const drains = [...this.ailing].map((id) => this.machines.get(id)?.drainedAt ?? null);
    // A drain whose time is over was decided on; what the scheduler names is still to be.
    const dues = [this.scheduler.dueAt(this.at(now)), ...drains.filter((at) => at !== null && Number.isFinite(at) && at > now)];
    return dues.reduce<number | null>((least, at) => (least === null || (at !== null && at < least) ? at : least), null);
  }

  load(): Load {
    return this.scheduler.load();
  }

  look(now: number): SceneParts {
    this.placed = this.scheduler.load().placed;
    const around = this.around(now);
    return { snapshot: this.scheduler.snapshot(), waits: this.scheduler.waits(around.now), ...around };
  }

  glance(now: number, waits: readonly QueueWait[]): Sight {
    return new Sight(this.scheduler.known(waits), this.around(now));
  }

  order(now: number): Generator<void, readonly QueueWait[]> {
    return this.scheduler.order(this.at(now));
  }

  suppose(request: Request, now: number): number | WaitReason {
    return this.scheduler.suppose(request, this.at(now));
  }

  private around(now: number): Around {
    const away = [...this.machines].flatMap(([id, machine]) => (isOpen(machine) ? [] : [[id, awayOf(machine)] as const]));
    return { settings: settingsOf(this.rules), away: new Map(away), now: this.at(now) };
  }

  private at(told: number): number {
    return Math.max(this.clock, told);
  }

  private tick(told: number): number {
    this.clock = this.at(told);
    return this.clock;
  }

  /** Whether this step is the next one of something; remembers it. */
  private isNews({ stream, version }: LiveFact): boolean {
    if (version <= (this.versions.get(stream) ?? 0)) return false;
    this.versions.set(stream, version);
    return true;
  }

  private onRules(fact: LiveFact, event: RulesEvent): void {
    if (!this.isNews(fact)) return;
    const now = this.tick(epochOf(event.data.at));
    const before = settingsOf(this.rules);
    this.rules = SchedulingRules.evolve(this.rules, event);
    const { quotas, promises } = this.rules;
    switch (event.type) {
      case 'QuotaSet':
      case 'QuotaRemoved':
        this.scheduler.setQuotas(Object.values(quotas).map(nodeOf), now);
        return;
      case 'IslandsPromised':
        this.scheduler.setPromises(Object.values(promises).map(({ orgId: org, model, size, count }) => ({ org, model, size, count })));
        return;
      default:
        this.onSettings(before, settingsOf(this.rules));
    }
  }

  /** Where things go, and how many keep machines, can change while it works; what decides who is next is in every queue, and these are built again. */
  private onSettings(before: SchedulerSettings, settings: SchedulerSettings): void {
    const { policy, pools, reservations } = settings;
    if (isAlike({ ...before, policy, pools, reservations }, settings)) {
      if (!isAlike(before, settings)) this.scheduler.setPlacement({ policy, pools, reservations });
      return;
    }
    this.scheduler = Scheduler.restore(this.scheduler.snapshot(), settings, this.chance);
  }

  private onWorker(fact: LiveFact, event: WorkerEvent): void {
    if (event.type === 'JoinTokenCreated') return;
    const { workerId: id } = event.data;
    const known = this.machines.get(id);
    if (event.type !== 'WorkerJoined' && !known) return;
    if (!this.isNews(fact)) return;
    this.tick(epochOf(event.data.at));
    if (event.type === 'WorkerRemoved') {
      // Whatever still holds a place there gives it back when its lease has ended.
      this.machines.delete(id);
      this.ailing.delete(id);
      this.scheduler.removeMachine(id);
      return;
    }
    if (event.type === 'WorkerJoined') {
      const machine = { facts: event.data.facts, traits: noTraits, isLost: false, isCordoned: false, drainedAt: null };
      this.machines.set(id, machine);
      this.scheduler.addMachine(sizeOf(id, machine));
      this.settleMachine(id, machine);
      return;
    }
    if (!known) return;
    const machine = evolveMachine(known, event);
    this.machines.set(id, machine);
    this.resize(sizeOf(id, known), sizeOf(id, machine));
    this.settleMachine(id, machine);
  }

  /** Whatever is kept on a machine that has become another one is kept no more. */
  private resize(before: MachineSize, size: MachineSize): void {
    const { weights = [] } = size;
    if (!isAlike({ ...before, weights }, { ...size, weights })) this.scheduler.resizeMachine(size);
    else if (!isAlike(before.weights ?? [], weights)) this.scheduler.setWeights(size.id, weights);
  }

  private settleMachine(id: string, machine: LiveMachine): void {
    const closed = closedGpus(machine);
    this.scheduler.openMachine(id, isOpen(machine));
    this.scheduler.closeGpus(id, closed);
    if (machine.drainedAt !== null || closed.length > 0) this.ailing.add(id);
    else this.ailing.delete(id);
  }

  private onRun(fact: LiveFact, event: RunEvent): void {
    if (event.type !== 'RunSubmitted' && !this.requests.has(event.data.runId)) return;
    if (this.isNews(fact)) this.requests.hear(event, this.scheduler, this.tick(timeOf(event)));
  }

  private forget(streams: readonly string[]): void {
    for (const stream of streams) this.gone.add(stream);
    for (const stream of this.gone) {
      if (this.gone.size <= mostGone) return;
      this.gone.delete(stream);
      this.versions.delete(stream);
    }
  }

  private chores(now: number): readonly LiveDecision[] {
    const chores = [...this.requests.fates()];
    for (const id of this.ailing) {
      const machine = this.machines.get(id);
      const guests = this.requests.guestsOf(id);
      if (machine) chores.push(...brokenUnder(machine, guests), ...movedFrom(machine, guests, now));
    }
    return chores;
  }
}
