import { asWished } from '../placement/domains.ts';
import { isOwn, mostOnOne } from '../placement/need.ts';
import type { FleetNeed, Place } from '../placement/place.ts';
import type { Seat } from '../request.ts';
import type { Asker } from './asker.ts';
import type { Cluster } from './cluster.ts';
import { endOf, type Hold, type Reservation } from './entry.ts';
import type { Reserved } from './facts.ts';
import { forkOf, type Held, intersect, isFreeFor, seatOn, shiftOn } from './fork.ts';
import { mayDisplace } from './level.ts';
import type { Reservations } from './reservations.ts';
import { insert, type Sights, Soonest } from './soonest.ts';

interface Chance {
  readonly at: number;
  readonly seat: Seat;
}

type Search = Asker & { readonly need: FleetNeed; readonly most: number; readonly before: number; readonly from: number };

const seatOf = (reservation: Reservation, machine: string): readonly Seat[] => reservation.seats.filter((seat) => seat.machine === machine);

/** What the cluster will look like when everything that runs ends at its limit. */
export class Outlook {
  private readonly cluster: Cluster;
  private readonly reservations: Reservations;
  private readonly soonest: Soonest;

  constructor(
    private readonly known: Sights,
    private readonly graceMs: number,
  ) {
    this.cluster = known.cluster;
    this.reservations = known.reservations;
    this.soonest = new Soonest(known, graceMs);
  }

  /** When it is gone at the latest; what is beyond its time goes any moment. */
  endsAt({ at, entry: { running, request } }: Hold): number {
    const end = endOf(at, request.limitMs, this.graceMs);
    return running?.preemptingAt == null ? end : Math.min(end, running.preemptingAt + this.graceMs);
  }

  /** What of a machine those may have who end after these reservations begin, and delay none of them. */
  leftover(place: Place, conflicts: readonly Reservation[]): Place {
    const left = forkOf(place);
    for (const { at } of conflicts) {
      const then = this.after(place, at);
      for (const other of conflicts) if (other.at <= at) this.subtract(then, other);
      intersect(left, then);
    }
    return left;
  }

  /** Nobody has anything of what it keeps for itself. */
  isVacant({ seats, need }: Reservation): boolean {
    return seats.every((seat) => {
      const place = this.cluster.fleet.get(seat.machine);
      return place !== undefined && isFreeFor(place, { need, seat });
    });
  }

  /** All that it keeps for itself is free for it now. */
  isDue(reservation: Reservation, now: number): boolean {
    const { seats, need, number, at, level } = reservation;
    const end = this.endFrom(reservation, now);
    const forks = new Map<string, Place>();
    return seats.every((seat) => {
      const place = this.cluster.fleet.get(seat.machine);
      // What is not free at all nobody has to leave it.
      if (!place || !isFreeFor(place, { need, seat })) return false;
      const isInTheWay = (other: Reservation): boolean => other !== reservation && other.at < end && !mayDisplace(level, other.level);
      // Before its moment it goes round those, too, who came later and can still go before it: they were told theirs.
      const isOther = (other: Reservation): boolean => other.number < number || (now < at && !this.hasMissed(other, at, now));
      const earlier = this.reservations.on(seat.machine).filter((other) => isInTheWay(other) && isOther(other));
      const fork = forks.get(seat.machine) ?? this.leftover(place, earlier);
      forks.set(seat.machine, fork);
      const isFree = isFreeFor(fork, { need, seat });
      shiftOn(-1, fork, { need, seat });
      return isFree;
    });
  }

  /** Its moment has passed, and it would not have ended by then: waiting for it would keep both from starting. */
  private hasMissed(reservation: Reservation, before: number, now: number): boolean {
    return reservation.at < now && this.endFrom(reservation, now) > before;
  }

  /** When it would have ended. Nobody begins in the very moment that was told: late by no more than its grace counts as in time. */
  private endFrom({ at, entry }: Reservation, now: number): number {
    const begins = now < at ? now : Math.max(at, now - this.graceMs);
    return endOf(begins, entry.request.limitMs, this.graceMs);
  }

  /** Who came later but goes before it has left it what it keeps for itself there. */
  stillHolds({ need, at, seats }: Reservation, machine: string, others: readonly Held[]): boolean {
    const place = this.cluster.fleet.get(machine);
    if (!place) return false;
    const then = this.after(place, at);
    for (const held of others) if (held.seat.machine === machine) shiftOn(-1, then, held);
    return seats.every((seat) => {
      if (seat.machine !== machine) return true;
      const isFree = isFreeFor(then, { need, seat });
      shiftOn(-1, then, { need, seat });
      return isFree;
    });
  }

  /** The earliest moment at which there is room for all of it, and where. */
  earliest(asker: Asker): Reserved | null {
    const from = new Map<string, number>();
    for (;;) {
      const chances = this.chances(asker, from);
      const { choice, fit } = asker.option;
      const last = chances[fit.nodes - 1];
      if (!last) return null;
      const seats = chances.slice(0, fit.nodes).map(({ seat }) => seat);
      const wrong = fit.nodes === 1 ? null : this.disagreeing(asker, seats, last.at);
      if (wrong === null) return { at: last.at, choice, seats };
      // What was free there earlier is not by then: what is, is looked for from then on.
      from.set(wrong, last.at);
    }
  }

  private disagreeing(asker: Asker, seats: readonly Seat[], at: number): string | null {
    for (const machine of new Set(seats.map((seat) => seat.machine))) {
      const place = this.cluster.fleet.get(machine);
      const others = this.respected(machine, asker);
      if (!place || others.length === 0) continue;
      const there = seats.filter((seat) => seat.machine === machine);
      const room = this.roomAt(place, at, others, asker);
      const { need } = asker.option.fit;
      for (const seat of there) {
        if (!isFreeFor(room, { need, seat })) return machine;
        shiftOn(-1, room, { need, seat });
      }
    }
    return null;
  }

  /** The moments at which machines have room for one more member, the earliest first; as many as are needed. */
  private chances(asker: Asker, from: ReadonlyMap<string, number>): readonly Chance[] {
    const { need, nodes } = asker.option.fit;
    const search = { ...asker, need: this.known.needs.of(need), most: mostOnOne(need, nodes) };
    // Where members wish to be near or apart, the earliest need not be those that they can have.
    const isAnyGood = nodes === 1 || !(isOwn(need.near, need) || isOwn(need.apart, need));
    const chances: Chance[] = [];
    const soonest: number[] = [];
    for (const { place, bound } of this.soonest.inOrder(asker.option.fit)) {
      const before = (isAnyGood ? soonest[nodes - 1] : undefined) ?? Number.POSITIVE_INFINITY;
      if (bound > before) break;
      for (const chance of this.chancesOn(place, { ...search, before, from: from.get(place.id) ?? asker.now })) {
        chances.push(chance);
        insert(soonest, chance.at);
      }
    }
    chances.sort((a, b) => a.at - b.at || (a.seat.machine < b.seat.machine ? -1 : Number(a.seat.machine > b.seat.machine)));
    return asWished(chances, { need, nodes }, ({ seat }) => this.cluster.fleet.get(seat.machine));
  }

  private chancesOn(place: Place, asker: Search): readonly Chance[] {
    const { need, most, now, before, from, option, refuses } = asker;
    const others = this.respected(place.id, asker);
    if (others.length === 0) return this.chancesAlone(place, asker);
    const chances: Chance[] = [];
    for (const at of [from, ...this.moments(place, others, now).filter((each) => each > from)]) {
      if (at > before) break;
      const room = this.roomAt(place, at, others, asker);
      let found = 0;
      for (let seat = seatOn(room, need); seat && found < most && !refuses?.(place, seat.gpus); seat = seatOn(room, need)) {
        found += 1;
        if (found > chances.length) chances.push({ at, seat });
        shiftOn(-1, room, { need: option.fit.need, seat });
      }
      if (chances.length >= most) break;
    }
    return chances;
  }

  /** Where nobody keeps anything, room only grows: one look from end to end. */
  private chancesAlone(place: Place, asker: Search): readonly Chance[] {
    const { need, most, now, before, option, refuses } = asker;
    const ends = [...this.cluster.on(place.id)]
      .filter((hold) => hold.place !== null && !asker.without?.(hold))
      .map((hold) => ({ hold, at: Math.max(now, this.endsAt(hold)) }));
    ends.sort((a, b) => a.at - b.at);
    const room = forkOf(place);
    const chances: Chance[] = [];
    let at = now;
    for (let next = 0; ; ) {
      for (let past = ends[next]; past && past.at <= at; past = ends[next]) {
        shiftOn(1, room, past.hold);
        next += 1;
      }
      for (let seat = seatOn(room, need); seat && chances.length < most && !refuses?.(place, seat.gpus); seat = seatOn(room, need)) {
        chances.push({ at, seat });
        shiftOn(-1, room, { need: option.fit.need, seat });
      }
      const end = ends[next];
      if (chances.length >= most || !end || end.at > before) {
        this.note(asker, place, chances[0]?.at ?? end?.at);
        return chances;
      }
      at = end.at;
    }
  }

  /** What promises keep from it may be had sooner when they change, and what it does not count on, by others. */
  private note({ option, refuses, without }: Asker, place: Place, at = Number.POSITIVE_INFINITY): void {
    if (!refuses && !without) this.soonest.note(option.fit, place, at);
  }

  /** When something ends there. */
  private moments({ id }: Place, others: readonly Reservation[], now: number): readonly number[] {
    const moments = new Set([now]);
    for (const hold of this.cluster.on(id)) moments.add(Math.max(now, this.endsAt(hold)));
    for (const { at, entry } of others) moments.add(endOf(Math.max(at, now), entry.request.limitMs, this.graceMs));
    return [...moments].sort((a, b) => a - b);
  }

  private roomAt(place: Place, at: number, others: readonly Reservation[], { entry, now, without }: Asker): Place {
    const room = this.after(place, Math.max(at, now), without);
    const end = endOf(at, entry.request.limitMs, this.graceMs);
    for (const other of others) {
      const otherEnd = endOf(Math.max(other.at, now), other.entry.request.limitMs, this.graceMs);
      if (other.at < end && otherEnd > at) this.subtract(room, other);
    }
    return room;
  }

  private respected(machine: string, { entry, mustRespect }: Asker): readonly Reservation[] {
    return this.reservations.on(machine).filter((each) => each.entry !== entry && mustRespect(each));
  }

  /** The machine when all that ends by then has ended. */
  private after(place: Place, at: number, without?: Asker['without']): Place {
    const fork = forkOf(place);
    const isGone = (hold: Hold): boolean => hold.place !== null && this.endsAt(hold) <= at && !without?.(hold);
    for (const hold of this.cluster.on(place.id)) if (isGone(hold)) shiftOn(1, fork, hold);
    return fork;
  }

  private subtract(fork: Place, reservation: Reservation): void {
    for (const seat of seatOf(reservation, fork.id)) shiftOn(-1, fork, { need: reservation.need, seat });
  }
}
