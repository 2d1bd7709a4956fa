import type { Decision } from '../request.ts';
import { Awaiting } from './awaiting.ts';
import { isReady } from './claims.ts';
import type { Core } from './core.ts';
import { Berths } from './cove.ts';
import { Dues } from './dues.ts';
import type { Entry, Leaf, Line, Reservation } from './entry.ts';
import type { WaitReason } from './facts.ts';
import { Idlers } from './idlers.ts';
import { levels } from './level.ts';
import type { Option } from './options.ts';
import { Patience } from './patience.ts';
import { type Found, Proposal, type Told } from './proposal.ts';
import { Prospects } from './prospects.ts';
import { Ripening } from './ripening.ts';
import { Sought } from './sought.ts';

/** What stood in the way of a line, when nothing but facts did. */
export interface Verdict {
  /** What there was no room for. */
  readonly options: readonly Option[];
  /** Nodes whose limits were in the way. */
  readonly nodes: Iterable<string>;
  /** It would keep machines for itself, if not too many did. */
  readonly wantsReservation: boolean;
}

const berthAt = <K>(berths: Map<K, Set<Line>>, key: K): Set<Line> => {
  let berth = berths.get(key);
  if (!berth) {
    berth = new Set();
    berths.set(key, berth);
  }
  return berth;
};

/** Lines that wait until something changes that could help them: what could not, does not wake them. */
export class Parking {
  readonly berths = new Berths();
  readonly sought: Sought;
  readonly awaiting: Awaiting;
  private proposal: Proposal | null = null;
  private readonly byNode = new Map<string, Set<Line>>();
  private readonly ripening = new Ripening();
  private readonly patience: Patience;
  readonly dues: Dues;
  private readonly idlers: Idlers;
  private clock = Number.NEGATIVE_INFINITY;
  private edition = 0;

  constructor(private readonly core: Core) {
    this.sought = new Sought(core.cluster.improved);
    this.awaiting = new Awaiting(core, this.sought);
    this.patience = new Patience(core);
    this.dues = new Dues(core);
    this.idlers = new Idlers(core);
  }

  park(line: Line, { options, nodes, wantsReservation }: Verdict): void {
    const stopping = [...nodes];
    // One that is urgent goes before it, until it has waited too long itself.
    const isBehindUrgent = [...line.leaf.reserved].some((entry) => entry.line?.kind.isUrgent);
    if (stopping.length > 0 || isBehindUrgent) this.patience.await(line, this.clock);
    const { admission, queues } = this.core;
    const path = options.length > 0 && !admission.isFree ? admission.guaranteesOf(line.leaf.queue) : [];
    const sets = [...new Set([...stopping, ...path])].map((node) => berthAt(this.byNode, node));
    line.unpark();
    line.park(
      sets,
      options.map((option) => this.berths.of(option).coveOf(line.leaf)),
    );
    if (wantsReservation) this.unreserved(line.leaf);
    queues.active.delete(line);
  }

  /** What they look for is known, and whether there is something is found out when their turn comes. */
  parkUnseen(line: Line, options: readonly Option[]): void {
    this.park(line, { options, nodes: [], wantsReservation: true });
    for (const option of options) this.berths.awaken(this.berths.of(option));
  }

  /** Everybody had a turn, and nothing came of it. */
  settled(isNext: (leaf: Leaf) => boolean): void {
    const { queues, reservations, settings } = this.core;
    this.berths.close();
    if (reservations.size >= settings.reservations) return;
    for (const leaf of queues.leaves.values()) {
      leaf.isUnreserved = false;
      if (isNext(leaf)) leaf.isPutOff = false;
    }
  }

  /** What was found out beside these decisions holds when they have been told as they are. */
  propose(decisions: readonly Decision[], now: number, found: Found): void {
    this.proposal = new Proposal(decisions, now, found);
  }

  hear(request: string, told: Told): void {
    this.proposal?.hear(request, told);
  }

  private conclude(now: number): void {
    const { proposal } = this;
    this.proposal = null;
    if (!proposal?.isFact) return;
    const { position, inVain, closed, putOff } = proposal.found;
    for (const each of inVain) {
      this.sought.set(each, position);
      if ('seats' in each) this.awaiting.add(each, now);
    }
    for (const berth of closed) this.berths.shut(berth);
    for (const leaf of putOff) leaf.isPutOff = true;
  }

  /** Of a queue something was given back: those may go on whom its limits stopped, or who were beyond its guarantee. */
  givenBack(queue: string): void {
    if (this.core.admission.isFree) return;
    for (const node of this.core.tree.pathOf(queue)) this.wake(this.byNode.get(node));
  }

  /** Somebody got machines: it may be in another one's way, which would be allowed to take its place, now or later. */
  placed(entry: Entry): void {
    const { runners, admission } = this.core;
    const { isFree } = admission;
    if (!isFree && admission.hasGuarantee(entry.request.queue)) this.awakenTakers();
    if (!entry.running || !(runners.preemptible.has(entry) || (runners.borrowing.has(entry) && !isFree))) return;
    this.ripening.add(entry, entry.running.at + this.core.settings.minRunMs);
  }

  /** Why there is no room for it, as far as anybody has looked. */
  roomlessOf(option: Option, key: string): WaitReason | undefined {
    return this.berths.known(option)?.told.get(key);
  }

  keepRoomless(option: Option, key: string, reason: WaitReason): void {
    this.berths.of(option).told.set(key, reason);
  }

  /** It keeps its machines no more. */
  released({ seats }: Reservation, leaf: Leaf): void {
    for (const { machine } of seats) this.core.cluster.improved.add(machine);
    this.unreserved(leaf);
  }

  private unreserved(leaf: Leaf): void {
    leaf.isUnreserved = true;
    leaf.isPutOff = true;
  }

  /** Who may have others make way. */
  private awakenTakers(): void {
    for (const berth of this.berths) if (berth.level !== levels.preemptible) this.berths.awaken(berth);
  }

  private forgetRoomless(): void {
    for (const { told } of this.berths) told.clear();
  }

  everything(): void {
    this.forgetRoomless();
    this.core.cluster.improved.everywhere();
    this.proposal = null;
    for (const leaf of this.core.queues.leaves.values()) for (const line of leaf.lines.values()) this.core.queues.wake(line);
  }

  /** Whoever cannot use what it keeps for itself, for its moment has come and its quota has not, keeps nobody from it. */
  judge(now: number): void {
    if (this.idlers.judge(now)) this.leaveOpen();
  }

  private leaveOpen(): void {
    const seats = [...this.core.reservations.idle].flatMap(({ reservation }) => reservation?.seats ?? []);
    for (const { machine } of seats) this.core.cluster.improved.add(machine);
    this.grown();
    this.awakenTakers();
  }

  /** Wakes those for whom something may have changed. */
  advance(now: number): void {
    this.conclude(now);
    for (const entry of this.ripening.until(now)) this.improve(entry);
    this.clock = Math.max(this.clock, now);
    this.patience.advance(now);
    const { cluster } = this.core;
    if (cluster.edition !== this.edition) this.everything();
    else if (cluster.improved.size > 0) this.grown();
    this.edition = cluster.edition;
    cluster.improved.clear();
    this.awaiting.advance(now);
  }

  /** It makes way, or it may have to. */
  improve({ running }: Entry): void {
    for (const hold of running?.holds ?? []) if (hold) this.core.cluster.improved.add(hold.seat.machine);
  }

  /** When somebody's reserved moment comes, or it has waited too long for a limit, or somebody has run for long enough to be in another one's way. */
  nextAt(now: number): number | null {
    let next: number | null = null;
    for (const { at } of this.core.reservations) {
      const moment = at === now ? now + 1 : at;
      if (moment > now && (next === null || moment < next)) next = moment;
    }
    for (const at of [this.ripeAt(), this.patience.nextAt(), this.putOffUntil(), this.dues.nextAt(now)])
      if (at !== null && (next === null || at < next)) next = at;
    return next;
  }

  /** When somebody who was put off may reserve whatever its share. */
  private putOffUntil(): number | null {
    const { queues, reservations, settings } = this.core;
    if (reservations.size >= settings.reservations) return null;
    let next: number | null = null;
    for (const { isPutOff, earliest } of queues.leaves.values()) {
      const at = earliest + settings.overdueMs;
      if (isPutOff && at > this.clock && (next === null || at < next)) next = at;
    }
    return next;
  }

  private ripeAt(): number | null {
    if (![...this.berths].some(({ level, coves }) => level !== levels.preemptible && coves.size > 0)) return null;
    return this.ripening.nextAt();
  }

  /** Only where something has become better, there may be something for those who found nothing anywhere. */
  private grown(): void {
    const { cluster, promises } = this.core;
    const prospects = new Prospects(this.core, cluster.improved, (entry) => isReady(entry, this.clock, this.core.settings));
    const rooms = new Map<string, boolean>();
    for (const berth of this.berths) {
      const { fit, level, told } = berth;
      // Where islands are promised, what is given back on one machine lets others have what was kept for them elsewhere.
      const hasRoom = promises.length > 0 && (rooms.get(fit.room) ?? this.core.placerFor(fit.need.pool).find(fit.need) !== null);
      if (promises.length > 0) rooms.set(fit.room, hasRoom);
      // And where somebody of a group has gone, others may come anywhere near.
      const isAnywhere = hasRoom || fit.need.apart !== undefined;
      const machines = isAnywhere ? [] : prospects.for(fit, level);
      if (isAnywhere || machines.length > 0 || promises.length > 0) told.clear();
      if (isAnywhere) this.berths.awaken(berth);
      else if (machines.length > 0) this.berths.awakenOn(berth, machines);
    }
    this.berths.sweep();
    cluster.improved.clear();
  }

  private wake(lines: ReadonlySet<Line> | undefined): void {
    for (const line of [...(lines ?? [])]) this.core.queues.wake(line);
  }
}
