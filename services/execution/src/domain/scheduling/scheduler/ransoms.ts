import { gpuMilliOf, type Need } from '../placement/need.ts';
import type { Place } from '../placement/place.ts';
import type { Claims } from './claims.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import type { Level } from './level.ts';
import type { Option } from './options.ts';

/** Somebody on a machine who might make way. */
interface Tenant {
  readonly entry: Entry;
  readonly cost: number;
  /** What it holds of the GPUs there. */
  readonly milli: number;
}

/** Sums of fractions are not exact: a bound must not come out above the cost that it bounds. */
const slack = 1 - 1e-9;

/** On so many GPUs so much is not free: the least that has to be given back, whoever does. */
const missingOn = (free: readonly number[], { gpus, gpuMilli, mig }: Need): number => {
  if (mig !== undefined || gpus === 0) return 0;
  const missing = free.map((milli) => Math.max(0, gpuMilli - milli)).sort((one, other) => one - other);
  return missing.slice(0, gpus).reduce((sum, milli) => sum + milli, 0);
};

/** What it costs at least to have room made on a machine, without a fork of it: the relaxed knapsack problem (Dantzig, 1957). */
export class Ransoms {
  private readonly byLevel = new Map<Level, ReadonlyMap<Place, readonly Tenant[]>>();

  constructor(
    private readonly core: Core,
    private readonly claims: Claims,
  ) {}

  /** Who might make way there for somebody of this level, whether it may be asked for it or not. */
  tenantsOf(place: Place, level: Level): readonly Entry[] {
    return (
      this.tenants(level)
        .get(place)
        ?.map(({ entry }) => entry) ?? []
    );
  }

  /**
   * Infinite where all together do not have enough. On a plain machine nobody makes way already or keeps anything: where somebody looks
   * for who might make way, at least one has to go.
   */
  leastOn(place: Place, { fit: { need }, level }: Option, isPlain: boolean): number {
    const tenants = this.tenants(level).get(place);
    if (!tenants) return Number.POSITIVE_INFINITY;
    let least = Number.POSITIVE_INFINITY;
    for (const { cost } of tenants) least = Math.min(least, cost);
    let missing = missingOn(isPlain ? [...place.free.gpus] : this.freeSoon(place), need);
    if (!isPlain && missing <= 0) return 0;
    let sum = 0;
    for (const { cost, milli } of tenants) {
      if (missing <= 0) break;
      sum += milli <= missing ? cost : (cost * missing) / milli;
      missing -= milli;
    }
    return missing > 0 ? Number.POSITIVE_INFINITY : Math.max(least, sum * slack);
  }

  /** When those who make way have gone. */
  private freeSoon({ id, free }: Place): readonly number[] {
    const gpus = [...free.gpus];
    for (const { place, entry, seat, need } of this.core.cluster.on(id)) {
      if (place === null || !this.core.leaving.has(entry)) continue;
      for (const gpu of seat.gpus) gpus[gpu] = (gpus[gpu] ?? 0) + need.gpuMilli;
    }
    return gpus;
  }

  /** By machine, those first who have the most for what they cost. */
  private tenants(level: Level): ReadonlyMap<Place, readonly Tenant[]> {
    const known = this.byLevel.get(level);
    if (known) return known;
    const byPlace = new Map<Place, Tenant[]>();
    for (const entry of this.claims.readyFor(level)) {
      const cost = this.claims.costOf(entry);
      for (const [place, milli] of this.heldBy(entry)) {
        const there = byPlace.get(place);
        if (there) there.push({ entry, cost, milli });
        else byPlace.set(place, [{ entry, cost, milli }]);
      }
    }
    for (const there of byPlace.values()) there.sort((one, other) => one.cost * other.milli - other.cost * one.milli);
    this.byLevel.set(level, byPlace);
    return byPlace;
  }

  private heldBy({ running }: Entry): ReadonlyMap<Place, number> {
    const held = new Map<Place, number>();
    for (const hold of running?.holds ?? []) if (hold?.place) held.set(hold.place, (held.get(hold.place) ?? 0) + gpuMilliOf(hold.need));
    return held;
  }
}
