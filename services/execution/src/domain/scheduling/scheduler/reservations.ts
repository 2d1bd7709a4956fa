import type { Entry, Reservation } from './entry.ts';
import type { Level } from './level.ts';

const none: readonly Reservation[] = [];

/** Of the first that does not come before it, in rising order. */
const positionOf = <T extends string | number>(rising: readonly T[], value: T): number => {
  let [low, high] = [0, rising.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rising[middle] ?? value) < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** Who keeps which machines for itself, from when on. */
export class Reservations {
  private readonly byMachine = new Map<string, readonly Reservation[]>();
  private readonly all = new Set<Reservation>();
  private made = 0;
  /** Who could not use now what it keeps, as of the last look: it keeps nobody from it. */
  private spared: ReadonlySet<Entry> = new Set();
  /** When they begin, and on which machines there are any: in rising order. */
  private readonly begins: number[] = [];
  private readonly kept: string[] = [];
  /** Changes with every change. */
  edition = 0;

  /** `touch` is told on which machines something has changed. */
  constructor(private readonly touch: (machine: string) => void) {}

  get idle(): ReadonlySet<Entry> {
    return this.spared;
  }

  set idle(entries: ReadonlySet<Entry>) {
    const before = this.spared;
    this.spared = entries;
    for (const entry of before) if (!entries.has(entry)) this.touchAll(entry);
    for (const entry of entries) if (!before.has(entry)) this.touchAll(entry);
  }

  get size(): number {
    return this.all.size;
  }

  [Symbol.iterator](): Iterator<Reservation> {
    return this.all.values();
  }

  /** On which somebody keeps something, in the order of their names. */
  get machines(): readonly string[] {
    return this.kept;
  }

  /** How many begin before this moment. */
  countBefore(end: number): number {
    return positionOf(this.begins, end);
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
    this.begins.splice(positionOf(this.begins, reservation.at), 0, reservation.at);
    for (const machine of new Set(reservation.seats.map((seat) => seat.machine))) {
      if (!this.byMachine.has(machine)) this.kept.splice(positionOf(this.kept, machine), 0, machine);
      this.byMachine.set(
        machine,
        [...this.on(machine), reservation].sort((a, b) => a.number - b.number),
      );
      this.touch(machine);
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
    this.begins.splice(positionOf(this.begins, reservation.at), 1);
    for (const { machine } of reservation.seats) {
      const left = this.on(machine).filter((each) => each !== reservation);
      if (left.length > 0) this.byMachine.set(machine, left);
      else if (this.byMachine.delete(machine)) this.kept.splice(positionOf(this.kept, machine), 1);
      this.touch(machine);
    }
    return reservation;
  }

  private touchAll({ reservation }: Entry): void {
    for (const { machine } of reservation?.seats ?? []) this.touch(machine);
  }
}
