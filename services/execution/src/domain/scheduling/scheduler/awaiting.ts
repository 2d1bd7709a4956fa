import type { Core } from './core.ts';
import type { Line, Reservation } from './entry.ts';
import { isFreeFor, seatOn } from './fork.ts';
import { fitsOf } from './options.ts';
import type { Fit } from './shape.ts';
import type { Sought } from './sought.ts';

interface Room {
  readonly fit: Fit;
  readonly lines: Set<Line>;
}

/**
 * For whom room is being made, and for whom nothing has changed since that was found out: there may be a thousand of them, and they need
 * not be looked at one by one in each round. Kept by deltas, of those alone whose lines have nobody else.
 */
export class Awaiting {
  private readonly known = new Map<Line, Reservation>();
  private readonly byMachine = new Map<string, Set<Line>>();
  private readonly byRoom = new Map<string, Room>();
  /** As far as they know of what has become better, and of what has changed at all. */
  private position = -1;
  private changed = -1;
  private touched = -1;
  private edition = -1;

  constructor(
    private readonly core: Core,
    private readonly sought: Sought,
  ) {}

  /** Nothing need be found out about it, unless something is only proposed. */
  has(line: Line): boolean {
    const reservation = this.known.get(line);
    return reservation !== undefined && line.size === 1 && !line.isParked && reservation.entry.line === line;
  }

  /** It was looked at when as much was known as now. */
  add(reservation: Reservation, now: number): void {
    const { line } = reservation.entry;
    if (line?.size !== 1 || line.isParked || !this.isQuiet(reservation, now)) return;
    const fits = fitsOf(line.shape);
    if (fits.some((fit) => fit === null || fit.need.near || fit.need.apart)) return;
    this.known.set(line, reservation);
    for (const { machine } of reservation.seats) this.setAt(machine).add(line);
    for (const fit of fits) if (fit) this.roomOf(fit).lines.add(line);
  }

  /** Forgets those for whom something may have changed. */
  advance(now: number): void {
    const { cluster, ripe } = this.core;
    if (this.known.size > 0) this.follow(now);
    this.position = cluster.improved.position;
    this.changed = cluster.fleet.changes.position;
    this.touched = ripe.changes.position;
    this.edition = cluster.edition;
  }

  private follow(now: number): void {
    const { cluster, ripe } = this.core;
    const { fleet, improved, edition } = cluster;
    const better = improved.since(this.position);
    const [changed, touched] = [fleet.changes.since(this.changed), ripe.changes.since(this.touched)];
    if (better === null || changed === null || touched === null || edition !== this.edition) {
      this.clear();
      return;
    }
    for (const index of new Set([...changed, ...touched])) this.judgeOn(fleet.places[index]?.id ?? '', now);
    for (const line of this.linesFor(better)) this.drop(line);
    for (const [line, { at }] of this.known) if (at <= now) this.drop(line);
  }

  /** It is looked at as others are, and knows as much. */
  tell(line: Line): void {
    const reservation = this.known.get(line);
    if (reservation) this.sought.set(reservation, this.position);
  }

  /** Those who might find something there. */
  private linesFor(machines: Iterable<string>): ReadonlySet<Line> {
    const found = new Set<Line>();
    const places = Array.from(machines, (machine) => this.core.cluster.fleet.get(machine)).filter((place) => place !== undefined);
    for (const { fit, lines } of this.byRoom.values()) {
      const need = this.core.needs.of(fit.need);
      const { room } = this.core.cluster.fleet;
      if (places.some((place) => room.mayServe(place.index, need) && seatOn(place, need) !== null))
        for (const line of lines) found.add(line);
    }
    return found;
  }

  private judgeOn(machine: string, now: number): void {
    for (const line of this.byMachine.get(machine) ?? []) {
      const reservation = this.known.get(line);
      if (reservation && !this.isQuiet(reservation, now)) this.drop(line);
    }
  }

  /** It waits for those who make way there and hold it yet: until they go, time alone changes nothing before its moment. */
  private isQuiet(reservation: Reservation, now: number): boolean {
    const { entry, seats, at, need } = reservation;
    if (entry.reservation !== reservation || at <= now || !this.core.isComing(entry)) return false;
    return seats.some((seat) => {
      const place = this.core.cluster.fleet.get(seat.machine);
      return !place || !isFreeFor(place, { need, seat });
    });
  }

  private clear(): void {
    for (const line of this.known.keys()) this.tell(line);
    this.known.clear();
    this.byMachine.clear();
    this.byRoom.clear();
  }

  private drop(line: Line): void {
    const reservation = this.known.get(line);
    if (!reservation) return;
    this.tell(line);
    this.known.delete(line);
    for (const { machine } of reservation.seats) {
      const lines = this.byMachine.get(machine);
      lines?.delete(line);
      if (lines?.size === 0) this.byMachine.delete(machine);
    }
    for (const fit of fitsOf(line.shape)) {
      const room = fit && this.byRoom.get(fit.room);
      room?.lines.delete(line);
      if (fit && room?.lines.size === 0) this.byRoom.delete(fit.room);
    }
  }

  private setAt(machine: string): Set<Line> {
    let lines = this.byMachine.get(machine);
    if (!lines) {
      lines = new Set();
      this.byMachine.set(machine, lines);
    }
    return lines;
  }

  private roomOf(fit: Fit): Room {
    let room = this.byRoom.get(fit.room);
    if (!room) {
      room = { fit, lines: new Set() };
      this.byRoom.set(fit.room, room);
    }
    return room;
  }
}
