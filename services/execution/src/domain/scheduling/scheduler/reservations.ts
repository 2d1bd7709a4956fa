import type { Entry, Reservation } from './entry.ts';
import type { Level } from './level.ts';

interface Delays {
  readonly edition: number;
  readonly idle: ReadonlySet<Entry>;
  readonly byCount: Map<number, ReadonlyMap<string, readonly Reservation[]>>;
}

const none: readonly Reservation[] = [];

/** Who keeps which machines for itself, from when on. */
export class Reservations {
  private readonly byMachine = new Map<string, readonly Reservation[]>();
  private readonly all = new Set<Reservation>();
  private made = 0;
  /** Who could not use now what it keeps, as of the last look: it keeps nobody from it. */
  idle: ReadonlySet<Entry> = new Set();
  private begins: { edition: number; readonly at: number[] } = { edition: -1, at: [] };
  /** By how many begin before the end: whoever ends between the same two delays the same. */
  private delays: Delays = { edition: -1, idle: this.idle, byCount: new Map() };
  /** Changes with every change. */
  edition = 0;

  get size(): number {
    return this.all.size;
  }

  [Symbol.iterator](): Iterator<Reservation> {
    return this.all.values();
  }

  /** How many begin before this moment. */
  countBefore(end: number): number {
    if (this.begins.edition !== this.edition) {
      this.begins = { edition: this.edition, at: Array.from(this.all, ({ at }) => at).sort((a, b) => a - b) };
    }
    const { at } = this.begins;
    let [low, high] = [0, at.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((at[middle] ?? 0) < end) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Those that begin before this moment and keep others from it, by machine. */
  delayedBy(end: number): ReadonlyMap<string, readonly Reservation[]> {
    const { edition, idle } = this;
    if (this.delays.edition !== edition || this.delays.idle !== idle) this.delays = { edition, idle, byCount: new Map() };
    const count = this.countBefore(end);
    let byMachine = this.delays.byCount.get(count);
    if (!byMachine) {
      byMachine = this.delayed(({ at, entry }) => at < end && !idle.has(entry));
      this.delays.byCount.set(count, byMachine);
    }
    return byMachine;
  }

  delayed(isDelayed: (reservation: Reservation) => boolean): ReadonlyMap<string, readonly Reservation[]> {
    const byMachine = new Map<string, readonly Reservation[]>();
    for (const [machine, all] of this.byMachine) {
      const delayed = all.filter(isDelayed);
      if (delayed.length > 0) byMachine.set(machine, delayed);
    }
    return byMachine;
  }

  on(machine: string): readonly Reservation[] {
    return this.byMachine.get(machine) ?? none;
  }

  next(): number {
    this.made += 1;
    return this.made;
  }

  add(reservation: Reservation): void {
    this.edition += 1;
    this.all.add(reservation);
    reservation.entry.reservation = reservation;
    for (const machine of new Set(reservation.seats.map((seat) => seat.machine))) {
      this.byMachine.set(
        machine,
        [...this.on(machine), reservation].sort((a, b) => a.number - b.number),
      );
    }
  }

  /** Quotas have changed, and with them who may displace whom. */
  rejudge(levelOf: (reservation: Reservation) => Level): void {
    for (const reservation of [...this.all]) {
      const level = levelOf(reservation);
      if (level === reservation.level) continue;
      this.drop(reservation.entry);
      this.add({ ...reservation, level });
    }
  }

  drop(entry: Entry): Reservation | null {
    const { reservation } = entry;
    if (!reservation) return null;
    this.edition += 1;
    this.all.delete(reservation);
    entry.reservation = null;
    for (const { machine } of reservation.seats) {
      const left = this.on(machine).filter((each) => each !== reservation);
      if (left.length > 0) this.byMachine.set(machine, left);
      else this.byMachine.delete(machine);
    }
    return reservation;
  }
}
