import type { QuotaNode } from '../admission/quota-node.ts';
import { QuotaTree } from '../admission/quota-tree.ts';
import type { Chance } from '../placement/chance.ts';
import type { MachineSize } from '../placement/place.ts';
import type { Decision, Request } from '../request.ts';
import { Core } from './core.ts';
import type { Load, Placed, Promised, Reserved, Returned, Wait, WaitReason } from './facts.ts';
import { type Known, knownOf } from './known.ts';
import { Ledger } from './ledger.ts';
import { memoryOf, recallInto, type SchedulerMemory } from './memory.ts';
import { Parking } from './parking.ts';
import { restoreInto, snapshotOf } from './restore.ts';
import { Round, type RoundOptions } from './round.ts';
import type { PlacementRules, SchedulerSettings } from './settings.ts';
import type { SchedulerSnapshot } from './snapshot.ts';
import { suppose } from './supposing.ts';
import { reasonFor, waitsInSteps, waitsOf } from './waits.ts';

/**
 * Who waits, who has which machines, and what should happen next. It is told facts and time, and proposes; it waits for nothing and
 * knows no clock. Equal stories make equal proposals.
 */
export class Scheduler {
  private readonly core: Core;
  private readonly parking: Parking;
  private readonly ledger: Ledger;

  constructor(settings: SchedulerSettings, chance: Chance, usage?: QuotaTree) {
    this.core = new Core(settings, chance, usage);
    this.parking = new Parking(this.core);
    this.ledger = new Ledger(this.core, this.parking);
  }

  /** Decides the same as the one that the snapshot was taken of. */
  static restore(snapshot: SchedulerSnapshot, settings: SchedulerSettings, chance: Chance): Scheduler {
    const scheduler = new Scheduler(settings, chance, QuotaTree.restore(settings.halfLifeMs, snapshot.usage));
    restoreInto(scheduler.core, scheduler.ledger, snapshot);
    return scheduler;
  }

  setQuotas(nodes: readonly QuotaNode[], now: number): void {
    this.ledger.setQuotas(nodes, now);
  }

  setPlacement(rules: PlacementRules): void {
    this.ledger.setPlacement(rules);
  }

  setPromises(promises: readonly Promised[]): void {
    this.ledger.setPromises(promises);
  }

  addMachine(size: MachineSize): void {
    this.core.cluster.add(size);
  }

  removeMachine(id: string): void {
    this.ledger.unkeep(id);
    this.core.cluster.remove(id);
  }

  resizeMachine(size: MachineSize): void {
    this.ledger.unkeep(size.id);
    this.core.cluster.resize(size);
  }

  /** Weights that lie on it now. */
  setWeights(id: string, weights: readonly string[]): void {
    this.core.cluster.setWeights(id, weights);
  }

  openMachine(id: string, isOpen: boolean): void {
    if (!isOpen) this.ledger.unkeep(id);
    this.core.cluster.open(id, isOpen);
  }

  /** These GPUs of it are closed, and no others. */
  closeGpus(id: string, indexes: readonly number[]): void {
    this.ledger.unkeep(id, new Set(indexes));
    this.core.cluster.closeGpus(id, indexes);
  }

  submit(request: Request): void {
    this.ledger.submit(request);
  }

  placed(id: string, placed: Placed): void {
    this.ledger.placed(id, placed);
  }

  /** It has been told to end, to make way for another one. */
  preempting(id: string, at: number): void {
    this.ledger.preempting(id, at);
  }

  reserved(id: string, reserved: Reserved): void {
    this.ledger.reserved(id, reserved);
  }

  /** One member of it has ended: its seat is free. */
  vacated(id: string, member: number, at: number): void {
    this.ledger.vacated(id, member, at);
  }

  /** All that it still holds is free. Also said of what waited. */
  ended(id: string, at: number): void {
    this.ledger.ended(id, at);
  }

  returned(id: string, returned: Returned): void {
    this.ledger.returned(id, returned);
  }

  /**
   * What should happen now: at most so many things that hold together, and one more preemption with all who make way. Changes nothing
   * that could be noticed: what it proposes counts when it is told, and until then it proposes the same.
   */
  decide(now: number, limit: number): readonly Decision[] {
    return this.round({ now, limit });
  }

  /** When the passing of time alone could change the next decision; null: only a fact can. */
  dueAt(now: number): number | null {
    const moments = [this.core.queues.nextAt(), this.parking.nextAt(now)].filter((at) => at !== null);
    return moments.length === 0 ? null : Math.max(now, Math.min(...moments));
  }

  /** Every request that `decide` would not place now, in their order, at most so many. */
  waits(now: number, limit = Number.POSITIVE_INFINITY): readonly Wait[] {
    const decisions = this.round({ now, limit: Number.POSITIVE_INFINITY, isOfAll: true });
    return waitsOf(this.core, { now, limit, decisions });
  }

  /** Why it was not placed when it was last looked at, or those like it; null: it does not wait, or nobody has looked. */
  reasonOf(id: string): WaitReason | null {
    const entry = this.core.entries.get(id);
    if (!entry || entry.running) return null;
    return entry.line ? reasonFor(this.core, entry, entry.line) : 'retry-later';
  }

  load(): Load {
    const { queues, entries, cluster } = this.core;
    return { waiting: queues.size, placed: entries.size - queues.size, ...cluster.counts };
  }

  /** Who waits, in their order, and why, as was found out when they were last looked at: in small steps, between which facts may be told. */
  order(now: number): Generator<void, readonly Wait[]> {
    return waitsInSteps(this.core, { now, limit: Number.POSITIVE_INFINITY, decisions: [] });
  }

  /** All that it knows, as it is now and not as a copy: for whoever asks and goes again before anything is told. */
  known(waits: readonly Wait[]): Known {
    return { ...knownOf(this.core), waits, reasonOf: (id) => this.reasonOf(id) ?? undefined };
  }

  /** Which of its choices a request would get that nobody has submitted, or why it would wait. */
  suppose(request: Request, now: number): number | WaitReason {
    return suppose(this.core, request, now);
  }

  snapshot(): SchedulerSnapshot {
    return snapshotOf(this.core);
  }

  memory(): SchedulerMemory {
    return memoryOf(this.core);
  }

  /** Remembers of work that is over what that one did which held the same; otherwise nothing has changed, and the answer is where. */
  recall(memory: SchedulerMemory): string | null {
    return recallInto(this.core, memory);
  }

  private round(options: RoundOptions): readonly Decision[] {
    const { now } = options;
    this.core.queues.advance(now);
    this.core.ripe.advance(now);
    this.parking.advance(now);
    return new Round(this.core, this.parking, options).run();
  }
}
