import type { Entry } from './entry.ts';

/** As it is read. */
export type WhoLeaves = Pick<Leaving, 'size' | 'has' | 'isOn'> & Iterable<Entry>;

/** Who makes way for somebody, and on which machines. */
export class Leaving {
  private readonly machines = new Map<Entry, ReadonlySet<string>>();
  private readonly count = new Map<string, number>();

  get size(): number {
    return this.machines.size;
  }

  [Symbol.iterator](): Iterator<Entry> {
    return this.machines.keys();
  }

  has(entry: Entry): boolean {
    return this.machines.has(entry);
  }

  /** Somebody who makes way was placed there. */
  isOn(machine: string): boolean {
    return this.count.has(machine);
  }

  add(entry: Entry): void {
    if (this.machines.has(entry)) return;
    const machines = new Set(entry.running?.seats.map(({ machine }) => machine));
    this.machines.set(entry, machines);
    for (const machine of machines) this.count.set(machine, (this.count.get(machine) ?? 0) + 1);
  }

  delete(entry: Entry): void {
    for (const machine of this.machines.get(entry) ?? []) {
      const left = (this.count.get(machine) ?? 0) - 1;
      if (left > 0) this.count.set(machine, left);
      else this.count.delete(machine);
    }
    this.machines.delete(entry);
  }
}
