import type { Amounts } from '../admission/quota-node.ts';
import { gpuMilliOf } from '../placement/need.ts';
import type { Place } from '../placement/place.ts';
import type { PreemptionReason, Seat } from '../request.ts';
import { cpu } from './cluster.ts';
import type { Core } from './core.ts';
import { costOf, holdsOf } from './cost.ts';
import type { Entry, Reservation } from './entry.ts';
import { forkOf, isFreeFor, seatOn, shiftOn } from './fork.ts';
import { levelOf, levels, mayDisplace } from './level.ts';
import type { Option } from './options.ts';
import { orgOf } from './queues.ts';
import type { Trial } from './trial.ts';

export interface Takeover {
  readonly choice: number;
  readonly seats: readonly Seat[];
  readonly victims: readonly { readonly entry: Entry; readonly reason: PreemptionReason }[];
}

/** Who wants machines, and by which right. */
interface Taker {
  readonly entry: Entry;
  readonly option: Option;
  /** What of each resource all of it would hold, if it were that. */
  readonly amounts: ReadonlyMap<string, Amounts>;
}

/** A machine where it would fit, if these made way. */
interface Offer {
  readonly place: Place;
  readonly seat: Seat;
  readonly victims: readonly Entry[];
  readonly cost: number;
}

const isCheaper = (one: Offer, other: Offer): boolean => (one.cost === other.cost ? one.place.id < other.place.id : one.cost < other.cost);

/** The cheapest whose places a request may take, so that it has room: as few as will do, and what they lose as little as may be. */
export class Victims {
  private readonly inVain = new Set<string>();
  private readonly reasons = new Map<Entry, PreemptionReason>();

  constructor(
    private readonly core: Core,
    private readonly trial: Trial,
  ) {}

  /** Leaves the trial as it was. */
  find(entry: Entry, option: Option): Takeover | null {
    const isAlone = this.core.preemptible.size === 0 && (option.level !== levels.guaranteed || this.core.borrowing.size === 0);
    if (isAlone) return null;
    const key = `${option.fit.key}/${option.level}/${entry.request.queue}`;
    if (this.inVain.has(key)) return null;
    const mark = this.trial.mark();
    // Who makes way already is as good as gone: what its queue holds beside it may be no more than its guarantee.
    for (const leaving of this.core.leaving) this.trial.discount(leaving);
    const taker = { entry, option, amounts: this.amountsOf(option) };
    const takeover = this.hasCandidate(taker) ? this.search(taker) : null;
    this.trial.undo(mark);
    if (!takeover) this.inVain.add(key);
    return takeover;
  }

  private hasCandidate(taker: Taker): boolean {
    for (const entry of this.core.mayMakeWay(taker.option.level)) if (this.reasonFor(taker, entry) !== null) return true;
    return false;
  }

  private search(taker: Taker): Takeover | null {
    const { fit, choice } = taker.option;
    const seats: Seat[] = [];
    const victims: Entry[] = [];
    this.reasons.clear();
    while (seats.length < fit.nodes) {
      const seat = this.freeSeat(taker) ?? this.makeRoom(taker, victims);
      if (!seat) return null;
      this.trial.take({ entry: taker.entry, member: seats.length, seat, need: fit.need, at: this.trial.now, amounts: {}, place: null });
      seats.push(seat);
    }
    const needed = this.spare(victims);
    if (needed.length === 0) return null;
    return { choice, seats, victims: needed.map((entry) => ({ entry, reason: this.reasons.get(entry) ?? 'reclaim' })) };
  }

  private freeSeat({ entry, option }: Taker): Seat | null {
    const { need } = option.fit;
    const conflicts = this.trial.conflicts(entry);
    const found = this.core.placerFor(need.pool).find(need, {
      except: ({ id }) => this.isKept(id, conflicts, option),
      ...this.core.refusals(entry),
    });
    return found && { machine: found.place.id, gpus: found.gpus, ...(found.slice === null ? {} : { slice: found.slice }) };
  }

  private isKept(machine: string, conflicts: ReturnType<Trial['conflicts']>, { level }: Option): boolean {
    return conflicts.get(machine)?.some((reservation) => !mayDisplace(level, reservation.level)) ?? false;
  }

  /** On the machine where that costs least; those who make way have done so when it returns. */
  private makeRoom(taker: Taker, victims: Entry[]): Seat | null {
    const best = this.bestOffer(taker, victims);
    for (const victim of best?.victims ?? []) {
      victims.push(victim);
      for (const hold of holdsOf(victim)) this.trial.vacate(hold);
    }
    return best?.seat ?? null;
  }

  private bestOffer(taker: Taker, victims: readonly Entry[]): Offer | null {
    const { entry, option } = taker;
    const conflicts = this.trial.conflicts(entry);
    let best: Offer | null = null;
    for (const [machine, entries] of this.candidates(taker, victims)) {
      const place = this.core.cluster.fleet.get(machine);
      if (!place) continue;
      const kept = (conflicts.get(machine) ?? []).filter(({ level }) => level >= option.level);
      const offer = this.offerOf(taker, this.spareOf(place, kept), entries);
      if (offer && (best === null || isCheaper(offer, best))) best = offer;
    }
    return best;
  }

  /** Who might make way, by machine, the cheapest first. */
  private candidates(taker: Taker, victims: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
    const byMachine = new Map<string, Entry[]>();
    for (const entry of this.core.mayMakeWay(taker.option.level)) {
      if (victims.includes(entry)) continue;
      const reason = this.reasonFor(taker, entry);
      if (reason === null) continue;
      this.reasons.set(entry, reason);
      for (const machine of new Set(entry.running?.holds.map((hold) => hold?.place?.id))) {
        if (machine === undefined) continue;
        const there = byMachine.get(machine);
        if (there) there.push(entry);
        else byMachine.set(machine, [entry]);
      }
    }
    return byMachine;
  }

  /** The machine when those who make way have gone, and those have come who keep it with no less right. */
  private spareOf(place: Place, kept: readonly Reservation[]): Place {
    const fork = forkOf(place);
    for (const leaving of this.core.leaving) this.shiftAll(1, fork, leaving);
    for (const { need, seats } of kept) {
      for (const seat of seats) if (seat.machine === fork.id) shiftOn(-1, fork, { need, seat });
    }
    return fork;
  }

  /** The fork is used up. */
  private offerOf(taker: Taker, fork: Place, entries: readonly Entry[]): Offer | null {
    const need = this.core.needs.of(taker.option.fit.need);
    const { now } = this.trial;
    const costs = new Map(entries.map((entry) => [entry, costOf(entry, now)]));
    const ordered = [...entries].sort((a, b) => (costs.get(a) ?? 0) - (costs.get(b) ?? 0) || (a.request.id < b.request.id ? -1 : 1));
    const chosen = this.choose(taker, fork, ordered);
    if (!chosen) return null;
    for (const victim of [...chosen].reverse()) {
      this.shiftAll(-1, fork, victim);
      if (seatOn(fork, need)) chosen.splice(chosen.indexOf(victim), 1);
      else this.shiftAll(1, fork, victim);
    }
    const seat = seatOn(fork, need);
    const place = this.core.cluster.fleet.get(fork.id);
    if (!seat || !place || this.core.refusals(taker.entry).refuses?.(place, seat.gpus)) return null;
    return { place, seat, victims: chosen, cost: chosen.reduce((sum, victim) => sum + (costs.get(victim) ?? 0), 0) };
  }

  /** The first of them, until there is room on the fork; null: there is none even without all of them. */
  private choose(taker: Taker, fork: Place, ordered: readonly Entry[]): Entry[] | null {
    const need = this.core.needs.of(taker.option.fit.need);
    const mark = this.trial.mark();
    const chosen: Entry[] = [];
    for (const victim of ordered) {
      if (seatOn(fork, need)) break;
      // Those before it have given back what their queues held too much of.
      if (this.reasonFor(taker, victim) === null) continue;
      chosen.push(victim);
      for (const hold of holdsOf(victim)) this.trial.charge(victim.request.queue, hold.amounts, -1);
      this.shiftAll(1, fork, victim);
    }
    this.trial.undo(mark);
    return seatOn(fork, need) ? chosen : null;
  }

  private shiftAll(sign: 1 | -1, fork: Place, victim: Entry): void {
    for (const hold of victim.running?.holds ?? []) if (hold?.place?.id === fork.id) shiftOn(sign, fork, hold);
  }

  /** Those who need not make way after all, because others do: the dearest are spared first. */
  private spare(victims: readonly Entry[]): readonly Entry[] {
    const { fleet } = this.core.cluster;
    const dearest = [...victims].sort(
      (a, b) => costOf(b, this.trial.now) - costOf(a, this.trial.now) || (a.request.id < b.request.id ? -1 : 1),
    );
    const spared = new Set<Entry>();
    for (const victim of dearest) {
      const holds = (victim.running?.holds ?? []).filter((hold) => hold !== null);
      const forks = new Map<string, Place>();
      const fits = holds.every((hold) => {
        const place = fleet.get(hold.seat.machine);
        if (!place) return true;
        const fork = forks.get(place.id) ?? forkOf(place);
        forks.set(place.id, fork);
        const isFree = !place.isOpen || isFreeFor(fork, hold);
        shiftOn(-1, fork, hold);
        return isFree;
      });
      if (!fits) continue;
      spared.add(victim);
      for (const hold of holds) this.trial.take(hold);
    }
    return victims.filter((victim) => !spared.has(victim));
  }

  /** Why it may take this one's place; null: it may not. */
  private reasonFor({ entry, option, amounts }: Taker, victim: Entry): PreemptionReason | null {
    const { running, request } = victim;
    const { minRunMs, maxPreemptions } = this.core.settings;
    if (!running || running.preemptingAt !== null || victim.preemptions >= maxPreemptions || this.trial.now - running.at < minRunMs)
      return null;
    const isOwn = orgOf(request.queue) === orgOf(entry.request.queue);
    const isStronger = !entry.request.isPreemptible && entry.request.rank >= request.rank;
    // Not from within its guarantee by one that borrows: it could take the place back, and so on for ever.
    const isSafe = !running.isBorrowed && option.level !== levels.guaranteed;
    if (isOwn && request.isPreemptible && isStronger && !isSafe) return 'own-org';
    // What a group or an org is guaranteed is nobody else's; among its own, each part's guarantee counts.
    if (!running.isBorrowed && !this.core.tree.areRelated(entry.request.queue, request.queue)) return null;
    const resources = new Set(running.holds.flatMap((hold) => Object.keys(hold?.amounts ?? {})));
    if (option.level === levels.guaranteed) {
      const mayReclaim = [...resources].some((resource) => {
        const asked = amounts.get(resource);
        return asked !== undefined && this.core.tree.mayReclaim(entry.request.queue, asked, request.queue);
      });
      return mayReclaim ? 'reclaim' : null;
    }
    if (!running.isBorrowed || option.level <= levelOf(false, request.isPreemptible)) return null;
    const isOver = this.core.admission.isFree || [...resources].some((each) => this.core.tree.isOverGuarantee(request.queue, each));
    return isOver ? 'higher-level' : null;
  }

  private amountsOf({ fit: { need, nodes } }: Option): ReadonlyMap<string, Amounts> {
    const { cluster } = this.core;
    const resources = need.gpus === 0 ? [cpu] : (need.models?.map((model) => model.toLowerCase()) ?? cluster.models);
    const amount = nodes * (need.gpus === 0 ? need.cpuMilli : gpuMilliOf(need));
    return new Map(resources.map((resource) => [resource, cluster.one(resource, amount)]));
  }
}
