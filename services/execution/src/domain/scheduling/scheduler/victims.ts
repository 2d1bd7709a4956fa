import { mostOnOne } from '../placement/need.ts';
import type { Place } from '../placement/place.ts';
import { acceptsOf } from '../placement/wishes.ts';
import type { PreemptionReason, Seat } from '../request.ts';
import { Claims, type Taker } from './claims.ts';
import type { Conflicts } from './conflicts.ts';
import type { Core } from './core.ts';
import { holdsOf } from './cost.ts';
import type { Entry, Reservation } from './entry.ts';
import { forkOf, seatOn, shiftOn, withhold } from './fork.ts';
import { InVain } from './in-vain.ts';
import { levels, mayDisplace } from './level.ts';
import { needed } from './needed.ts';
import type { News } from './news.ts';
import type { Option } from './options.ts';
import { seatOf } from './placing.ts';
import { orgOf } from './queues.ts';
import { sitesFor } from './sites.ts';
import type { Trial } from './trial.ts';

export interface Takeover {
  readonly choice: number;
  readonly seats: readonly Seat[];
  readonly victims: readonly { readonly entry: Entry; readonly reason: PreemptionReason }[];
}

/** A machine where it would fit, if these made way. */
interface Offer {
  readonly place: Place;
  readonly seat: Seat;
  readonly victims: readonly Entry[];
  readonly cost: number;
}

const isCheaper = (one: Offer, other: Offer): boolean => (one.cost === other.cost ? one.place.id < other.place.id : one.cost < other.cost);

const costOfBest = (best: Offer | null): number => best?.cost ?? Number.POSITIVE_INFINITY;

/** It is known of its GPUs that they could serve it. */
const isLargeEnough = ({ cpuMilli, memoryMib }: Place, { fit: { need } }: Option): boolean =>
  cpuMilli >= need.cpuMilli && memoryMib >= need.memoryMib;

/** The cheapest whose places a request may take, so that it has room: as few as will do, and what they lose as little as may be. */
export class Victims {
  private readonly inVain = new Set<string>();
  private readonly alike: InVain<true>;
  readonly claims: Claims;
  private readonly reasons = new Map<Entry, PreemptionReason>();
  /** Where members of the gang that is looked for are already, and no other one may be. */
  private readonly used = new Set<string>();

  constructor(
    readonly core: Core,
    readonly trial: Trial,
    private readonly news: News,
  ) {
    this.alike = new InVain(core, trial.now + core.settings.graceMs);
    this.claims = new Claims(core, trial.now);
    core.ransoms.advance(trial.now);
  }

  /** Leaves the trial as it was. */
  find(entry: Entry, option: Option): Takeover | null {
    const { runners } = this.core;
    const isAlone = runners.preemptible.size === 0 && (option.level !== levels.guaranteed || runners.borrowing.size === 0);
    // Nobody has to make way for what would make way itself.
    if (isAlone || option.level === levels.preemptible) return null;
    // What it keeps for itself is in the way of all others like it.
    const key = entry.reservation ? null : `${option.fit.key}/${option.level}/${entry.request.queue}`;
    const room = this.roomOf(entry, option);
    if ((key !== null && this.inVain.has(key)) || (room !== null && this.alike.get(room, entry))) return null;
    const takeover = this.tried({ entry, option, amounts: this.claims.amountsOf(option) });
    // Where nobody has to make way, others like it have not looked in vain.
    if (takeover) {
      if (takeover.victims.length > 0) return takeover;
      this.news.await(entry, option);
      return null;
    }
    if (key !== null) this.inVain.add(key);
    if (room !== null) this.alike.set(room, entry, true);
    return null;
  }

  private tried(taker: Taker): Takeover | null {
    const mark = this.trial.mark();
    // Who makes way already is as good as gone: what its queue holds beside it may be no more than its guarantee. Without quotas nobody asks.
    if (!this.core.admission.isFree) for (const leaving of this.core.leaving) this.trial.discount(leaving);
    const takeover = this.claims.hasVictim(taker) ? this.search(taker) : null;
    this.trial.undo(mark);
    return takeover;
  }

  /** Of those who may take the places of the same: while nobody has a quota, it does not matter whose they are. */
  private roomOf({ request }: Entry, { fit, level }: Option): string | null {
    if (!this.core.admission.isFree || fit.need.near || fit.need.apart) return null;
    return `${fit.room}/${level}/${this.core.promises.length > 0 ? orgOf(request.queue) : ''}`;
  }

  private search(taker: Taker): Takeover | null {
    const { fit, choice } = taker.option;
    const seats: Seat[] = [];
    const victims: Entry[] = [];
    this.reasons.clear();
    this.used.clear();
    const isAlone = mostOnOne(fit.need, fit.nodes) === 1;
    while (seats.length < fit.nodes) {
      const seat = this.freeSeat(taker) ?? this.makeRoom(taker, victims);
      if (!seat) return null;
      this.trial.take({ entry: taker.entry, member: seats.length, seat, need: fit.need, at: this.trial.now, amounts: {}, place: null });
      seats.push(seat);
      if (isAlone) this.used.add(seat.machine);
    }
    const conflicts = this.conflicts(taker.entry);
    const keptOn = (machine: string): readonly Reservation[] =>
      seats.some((seat) => seat.machine === machine) ? this.keptOn(machine, conflicts, taker.option) : [];
    const { core, claims, trial } = this;
    const leaving = needed(victims, { core, claims, trial, keptOn });
    return { choice, seats, victims: leaving.map((entry) => ({ entry, reason: this.reasons.get(entry) ?? 'reclaim' })) };
  }

  private freeSeat({ entry, option }: Taker): Seat | null {
    const { need } = option.fit;
    const conflicts = this.conflicts(entry);
    const found = this.core.placerFor(need.pool).find(need, {
      except: ({ id }) => this.used.has(id) || this.isKept(id, conflicts, option),
      ...this.core.refusals(entry),
    });
    return found && seatOf(found);
  }

  /** It begins when they have made way, not now. */
  private conflicts(entry: Entry): Conflicts {
    return this.trial.conflicts(entry, this.trial.now + this.core.settings.graceMs);
  }

  private isKept(machine: string, conflicts: Conflicts, { level }: Option): boolean {
    return conflicts.has(machine, (reservation) => !mayDisplace(level, reservation.level));
  }

  private keptOn(machine: string, conflicts: Conflicts, option: Option): readonly Reservation[] {
    return conflicts.on(machine).filter(({ level }) => !mayDisplace(option.level, level));
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
    const { fleet } = this.core.cluster;
    const conflicts = this.conflicts(entry);
    const accepts = acceptsOf(fleet, option.fit.need, { except: ({ id }) => this.used.has(id) });
    let best: Offer | null = null;
    const consider = (place: Place): void => {
      if (accepts?.(place) === false || !isLargeEnough(place, option)) return;
      const offer = this.offerOn(taker, place, { conflicts, victims, most: best?.cost ?? Number.POSITIVE_INFINITY });
      if (offer && (best === null || isCheaper(offer, best))) best = offer;
    };
    for (const { place, bound } of sitesFor(taker, this.core, this.news)) {
      // No machine after it costs less; one that costs the same may have the smaller name.
      if (bound > costOfBest(best)) break;
      consider(place);
    }
    return best;
  }

  private offerOn(
    taker: Taker,
    place: Place,
    { conflicts, victims, most }: { readonly conflicts: Conflicts; readonly victims: readonly Entry[]; readonly most: number },
  ): Offer | null {
    const { option } = taker;
    const delayed = conflicts.on(place.id);
    const kept = this.keptOn(place.id, conflicts, option);
    const least = this.core.ransoms.leastOn(place, option, delayed.length === 0 ? null : kept);
    if (least === Number.POSITIVE_INFINITY || least > most) return null;
    const entries = this.candidates(taker, place, victims);
    return entries.length === 0 ? null : this.offerOf(taker, this.spareOf(place, kept), entries);
  }

  /** Who has to make way there if it is asked for. */
  private candidates(taker: Taker, place: Place, victims: readonly Entry[]): readonly Entry[] {
    return this.core.ransoms.tenantsOf(place, taker.option.level).filter((entry) => {
      if (victims.includes(entry)) return false;
      const reason = this.claims.reasonFor(taker, entry);
      if (reason !== null) this.reasons.set(entry, reason);
      return reason !== null;
    });
  }

  /** The machine when those who make way have gone, and those have come who keep it with no less right. */
  private spareOf(place: Place, kept: readonly Reservation[]): Place {
    const fork = forkOf(place);
    for (const hold of this.core.cluster.on(place.id)) {
      if (hold.place !== null && this.core.leaving.has(hold.entry)) shiftOn(1, fork, hold);
    }
    withhold(fork, kept);
    return fork;
  }

  /** The fork is used up. */
  private offerOf(taker: Taker, fork: Place, entries: readonly Entry[]): Offer | null {
    const need = this.core.needs.of(taker.option.fit.need);
    const ordered = [...entries].sort((a, b) => this.claims.costOf(a) - this.claims.costOf(b) || (a.request.id < b.request.id ? -1 : 1));
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
    return { place, seat, victims: chosen, cost: chosen.reduce((sum, victim) => sum + this.claims.costOf(victim), 0) };
  }

  /** The first of them, until there is room on the fork; null: there is none even without all of them. */
  private choose(taker: Taker, fork: Place, ordered: readonly Entry[]): Entry[] | null {
    const need = this.core.needs.of(taker.option.fit.need);
    const mark = this.trial.mark();
    const chosen: Entry[] = [];
    for (const victim of ordered) {
      if (seatOn(fork, need)) break;
      // Those before it have given back what their queues held too much of.
      if (this.claims.reasonFor(taker, victim) === null) continue;
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
}
