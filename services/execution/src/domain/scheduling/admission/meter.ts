/**
 * What is held now counts for this much of as much held on average. It is what makes those take turns who have had nothing yet. If it
 * counted for more, whose work has just ended would always be next: nobody would ever be owed the parts of a turn, and of four places three
 * customers would have two, one and one for ever, whatever their weights.
 */
export const heldCounts = 1 / 16;

/** A meter as JSON carries it, exactly. */
export interface MeterReading {
  readonly held: readonly number[];
  readonly past: readonly number[];
  readonly at: readonly number[];
}

/**
 * What is held of each resource, and what was held on average, newer counting for more: each half-life ago counts for half (the decayed
 * usage of Slurm's priority/multifactor plugin, divided by what a constant 1 would have come to, so that it is an amount like the other).
 * It is computed when it is asked for and stored only when what is held changes: asking never changes anything.
 */
export class Meter {
  private readonly amounts: number[] = [];
  private readonly past: number[] = [];
  private readonly at: number[] = [];
  /** Taken for a moment, to see what would follow. */
  private readonly supposed: number[] = [];
  /** Of the last question about the dominant share, while nothing has changed since. */
  private asked = { now: Number.NaN, edition: -1, share: 0 };

  constructor(private readonly halfLifeMs: number) {}

  static of(halfLifeMs: number, { held, past, at }: MeterReading): Meter {
    const meter = new Meter(halfLifeMs);
    meter.amounts.push(...held);
    meter.past.push(...past);
    meter.at.push(...at);
    return meter;
  }

  reading(): MeterReading {
    return { held: [...this.amounts], past: [...this.past], at: [...this.at] };
  }

  held(resource: number): number {
    return (this.amounts[resource] ?? 0) + (this.supposed[resource] ?? 0);
  }

  /** It counts as held from now on, and as if it had never been when the same is given back. */
  suppose(resource: number, amount: number): void {
    this.supposed[resource] = (this.supposed[resource] ?? 0) + amount;
    this.asked.now = Number.NaN;
  }

  /** The decayed mean of what was held until now. A clock that has jumped back stands still. */
  mean(resource: number, now: number): number {
    const held = this.amounts[resource] ?? 0;
    const elapsed = Math.max(0, now - (this.at[resource] ?? now));
    return held + ((this.past[resource] ?? 0) - held) * 2 ** (-elapsed / this.halfLifeMs);
  }

  add(resource: number, amount: number, now: number): void {
    this.reach(resource, now);
    this.past[resource] = this.mean(resource, now);
    this.at[resource] = Math.max(this.at[resource] ?? now, now);
    this.amounts[resource] = (this.amounts[resource] ?? 0) + amount;
    this.asked.now = Number.NaN;
  }

  /** Adds all that another one has and had. */
  include(other: Meter, now: number): void {
    for (let resource = 0; resource < other.amounts.length; resource += 1) {
      this.add(resource, other.held(resource), now);
      this.past[resource] = (this.past[resource] ?? 0) + other.mean(resource, now);
    }
  }

  /** The largest share of what there is of any resource: now, and on average until now. */
  dominantShare(capacities: readonly number[], edition: number, now: number): number {
    if (this.asked.now === now && this.asked.edition === edition) return this.asked.share;
    let share = 0;
    const length = Math.max(this.amounts.length, this.supposed.length);
    for (let resource = 0; resource < length; resource += 1) {
      const capacity = capacities[resource] ?? 0;
      // What no machine has any more, nobody keeps from anybody.
      if (capacity > 0) share = Math.max(share, (heldCounts * this.held(resource) + this.mean(resource, now)) / capacity);
    }
    this.asked = { now, edition, share };
    return share;
  }

  private reach(resource: number, now: number): void {
    for (let next = this.amounts.length; next <= resource; next += 1) {
      this.amounts[next] = 0;
      this.past[next] = 0;
      this.at[next] = now;
    }
  }
}
