import type { Decision } from '../request.ts';
import { isReady } from './claims.ts';
import type { Core } from './core.ts';
import { Berths } from './cove.ts';
import type { Entry, Leaf, Line, Reservation } from './entry.ts';
import type { WaitReason } from './facts.ts';
import { Heap } from './heap.ts';
import { levels } from './level.ts';
import type { Option } from './options.ts';
import { type Found, Proposal, type Told } from './proposal.ts';
import { Prospects } from './prospects.ts';
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

interface Moment {
  readonly at: number;
  readonly entry: Entry;
}

const isSooner = (one: Moment, other: Moment): boolean => one.at < other.at;

/** More moments than this beside those of requests that still wait are swept out. */
const spareMoments = 1_024;

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
  private proposal: Proposal | null = null;
  private readonly byNode = new Map<string, Set<Line>>();
  private ripening = new Heap(isSooner);
  /** When those whom a limit stops will have waited too long: what is given back there is kept for them from then on. */
  private patience = new Heap(isSooner);
  private readonly patient = new Set<Entry>();
  private clock = Number.NEGATIVE_INFINITY;
  private dueStamp = '';
  private dueThen: readonly Reservation[] = [];
  /** Moments that have passed without their machines becoming free: others may have to make way after all. */
  private readonly missed = new WeakSet<Reservation>();
  private edition = 0;

  constructor(private readonly core: Core) {
    this.sought = new Sought(core.cluster.improved);
  }

  park(line: Line, { options, nodes, wantsReservation }: Verdict): void {
    const stopping = [...nodes];
    // One that is urgent goes before it, until it has waited too long itself.
    const isBehindUrgent = [...line.leaf.reserved].some((entry) => entry.line?.kind.isUrgent);
    if (stopping.length > 0 || isBehindUrgent) this.waitPatiently(line);
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

  private conclude(): void {
    const { proposal } = this;
    this.proposal = null;
    if (!proposal?.isFact) return;
    const { position, inVain, closed, putOff } = proposal.found;
    for (const each of inVain) this.sought.set(each, position);
    for (const berth of closed) this.berths.shut(berth);
    for (const leaf of putOff) leaf.isPutOff = true;
  }

  private waitPatiently(line: Line): void {
    const entry = line.next(0)?.entry;
    if (!entry || this.patient.has(entry)) return;
    const at = entry.vt + this.core.settings.overdueMs;
    if (at <= this.clock) return;
    this.patient.add(entry);
    this.patience.push({ at, entry });
    if (this.patient.size <= 2 * this.core.queues.size + spareMoments) return;
    for (const each of [...this.patient]) if (!each.line) this.patient.delete(each);
    const { overdueMs } = this.core.settings;
    this.patience = new Heap(
      isSooner,
      [...this.patient].map((each): Moment => ({ at: each.vt + overdueMs, entry: each })),
    );
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
    this.ripening.push({ at: entry.running.at + this.core.settings.minRunMs, entry });
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
    const { reservations, admission } = this.core;
    const idle = new Set<Entry>();
    for (const reservation of reservations) {
      const { at, entry } = reservation;
      if (at < now && !this.missed.has(reservation)) {
        this.missed.add(reservation);
        if (entry.line) this.core.queues.wake(entry.line);
      }
      if (at <= now && (!admission.hasOption(entry, entry.line?.kind.isSolid ?? false) || this.isPromised(entry))) idle.add(entry);
    }
    const isNew = [...idle].some((entry) => !reservations.idle.has(entry));
    reservations.idle = idle;
    if (isNew) this.leaveOpen(idle);
  }

  private leaveOpen(idle: Iterable<Entry>): void {
    for (const { reservation } of idle) for (const { machine } of reservation?.seats ?? []) this.core.cluster.improved.add(machine);
    this.grown();
    this.awakenTakers();
  }

  private isPromised(entry: Entry): boolean {
    const { refuses } = this.core.refusals(entry);
    if (!refuses) return false;
    return (entry.reservation?.seats ?? []).some(({ machine, gpus }) => {
      const place = this.core.cluster.fleet.get(machine);
      return place !== undefined && refuses(place, gpus);
    });
  }

  /** Wakes those for whom something may have changed. */
  advance(now: number): void {
    this.conclude();
    for (let ripe = this.ripening.first(); ripe && ripe.at <= now; ripe = this.ripening.first()) {
      this.ripening.pop();
      this.improve(ripe.entry);
    }
    this.clock = Math.max(this.clock, now);
    for (let moment = this.patience.first(); moment && moment.at <= now; moment = this.patience.first()) {
      this.leavePatience();
      if (moment.entry.line) this.core.queues.wake(moment.entry.line);
    }
    const { cluster } = this.core;
    if (cluster.edition !== this.edition) this.everything();
    else if (cluster.improved.size > 0) this.grown();
    this.edition = cluster.edition;
    cluster.improved.clear();
  }

  /** It makes way, or it may have to. */
  improve({ running }: Entry): void {
    for (const hold of running?.holds ?? []) if (hold) this.core.cluster.improved.add(hold.seat.machine);
  }

  /** Reservations whose machines may be free: as they were found when there was most room. */
  due(now: number): readonly Reservation[] {
    const { cluster, reservations, outlook } = this.core;
    let come = 0;
    for (const { at } of reservations) if (at <= now) come += 1;
    const stamp = `${cluster.growth}/${cluster.edition}/${reservations.edition}/${come}`;
    if (stamp !== this.dueStamp) this.dueThen = [...reservations].filter((reservation) => outlook.isDue(reservation, now));
    this.dueStamp = stamp;
    return this.dueThen;
  }

  /** When somebody's reserved moment comes, or it has waited too long for a limit, or somebody has run for long enough to be in another one's way. */
  nextAt(now: number): number | null {
    let next: number | null = null;
    for (const { at } of this.core.reservations) {
      const moment = at === now ? now + 1 : at;
      if (moment > now && (next === null || moment < next)) next = moment;
    }
    for (const at of [this.ripeAt(), this.overdueAt(), this.putOffUntil()]) if (at !== null && (next === null || at < next)) next = at;
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

  private overdueAt(): number | null {
    for (let moment = this.patience.first(); moment; moment = this.patience.first()) {
      if (moment.entry.line?.isParked) return moment.at;
      this.leavePatience();
    }
    return null;
  }

  private leavePatience(): void {
    const moment = this.patience.pop();
    if (moment) this.patient.delete(moment.entry);
  }

  private ripeAt(): number | null {
    if (![...this.berths].some(({ level, coves }) => level !== levels.preemptible && coves.size > 0)) return null;
    for (let ripe = this.ripening.first(); ripe; ripe = this.ripening.first()) {
      if (ripe.entry.running) return ripe.at;
      this.ripening.pop();
    }
    return null;
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
      const machines = hasRoom ? [] : prospects.for(fit, level);
      if (hasRoom || machines.length > 0 || promises.length > 0) told.clear();
      if (hasRoom) this.berths.awaken(berth);
      else if (machines.length > 0) this.berths.awakenOn(berth, machines);
    }
    this.berths.sweep();
    cluster.improved.clear();
  }

  private wake(lines: ReadonlySet<Line> | undefined): void {
    for (const line of [...(lines ?? [])]) this.core.queues.wake(line);
  }
}
