interface Promised {
  readonly org: string;
  readonly size: number;
  readonly count: number;
}

/** By rising size: how many that nobody holds, and how many that one organization alone does. */
type Counts = number[];

/** Islands of one model, and whether what is promised of them is there. */
export class Supply {
  /** The sizes that somebody was promised, rising: an island counts for the largest that it suffices for. */
  private readonly sizes: readonly number[];
  private readonly promised = new Map<string, Counts>();
  private readonly held = new Map<string, Counts>();
  private readonly free: Counts;

  constructor(promises: readonly Promised[]) {
    this.sizes = [...new Set(promises.map(({ size }) => size))].sort((a, b) => a - b);
    this.free = this.none();
    for (const { org, size, count } of promises) {
      const counts = this.promised.get(org) ?? this.none();
      const at = this.sizes.indexOf(size);
      counts[at] = (counts[at] ?? 0) + count;
      this.promised.set(org, counts);
      this.held.set(org, this.none());
    }
  }

  /** One island more or less with so many usable GPUs, held by nobody or by one organization alone. */
  count(usable: number, holder: string | null, by: 1 | -1): void {
    const at = this.sizes.findLastIndex((size) => size <= usable);
    const counts = holder === null ? this.free : this.held.get(holder);
    if (at >= 0 && counts) counts[at] = (counts[at] ?? 0) + by;
  }

  /** How many promised islands could not be had by preempting alone: the largest are dealt out first, for few suffice for them. */
  missing(): number {
    const owed = this.none();
    for (const [org, counts] of this.promised) {
      for (const [at, count] of unmet(counts, this.held.get(org) ?? []).entries()) owed[at] = (owed[at] ?? 0) + count;
    }
    return unmet(owed, this.free).reduce((sum, count) => sum + count, 0);
  }

  private none(): Counts {
    return this.sizes.map(() => 0);
  }
}

/** What of each size is wanted and not there: a larger one will do, if no larger one is wanted instead. */
const unmet = (wanted: Counts, there: Counts): Counts => {
  const missing = wanted.map(() => 0);
  let left = 0;
  for (let at = wanted.length - 1; at >= 0; at -= 1) {
    left += (there[at] ?? 0) - (wanted[at] ?? 0);
    if (left >= 0) continue;
    missing[at] = -left;
    left = 0;
  }
  return missing;
};
