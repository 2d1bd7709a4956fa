import { membersOnIdle } from '../placement/capacity.ts';
import { gpuMilliOf, type Need, priceKeyOf } from '../placement/need.ts';
import type { FleetNeed, Place } from '../placement/place.ts';
import type { Cluster } from './cluster.ts';
import { weightOf } from './cost.ts';
import type { Entry, Reservation } from './entry.ts';
import type { WhoLeaves } from './leaving.ts';
import { type Level, levels, mayDisplace } from './level.ts';
import type { Option } from './options.ts';
import { RansomOrder, slack } from './ransom-order.ts';
import type { Reservations } from './reservations.ts';
import type { WhoIsRipe } from './ripe.ts';
import type { SchedulerSettings } from './settings.ts';

/** What it looks at. */
interface Sights {
  readonly cluster: Cluster;
  readonly leaving: WhoLeaves;
  readonly ripe: WhoIsRipe;
  readonly reservations: Reservations;
  readonly settings: Pick<SchedulerSettings, 'graceMs'>;
}

/** Somebody on a machine who might make way. */
interface Tenant {
  readonly entry: Entry;
  readonly at: number;
  /** What it holds, all of it, and what of that are GPUs there. */
  readonly weight: number;
  readonly milli: number;
}

/** As they were when the place had these revisions. */
interface Tenants {
  readonly revision: number;
  readonly touched: number;
  readonly all: readonly Tenant[];
}

/** The places where those might make way whom this level may ask, for needs that differ in cores and memory alone. */
interface Kept {
  readonly need: FleetNeed;
  readonly level: Level;
  readonly order: RansomOrder;
  /** Of the fleet's changes and of who is ripe: what came before is in the order. */
  position: number;
  touched: number;
}

/** There may be as many needs as requests: beyond so many all is forgotten. */
const mostKept = 128;

const nobody: readonly Tenant[] = [];

/** On so many GPUs so much is not free: the least that has to be given back, whoever does. */
const missingOn = (
  free: Iterable<number>,
  { gpus, gpuMilli, mig }: Pick<FleetNeed, 'gpus' | 'gpuMilli'> & { mig?: string | null },
): number => {
  if (mig || gpus === 0) return 0;
  const missing = Array.from(free, (milli) => Math.max(0, gpuMilli - milli)).sort((one, other) => one - other);
  return missing.slice(0, gpus).reduce((sum, milli) => sum + milli, 0);
};

/**
 * What it costs at least to have room made on a machine, without a fork of it: the relaxed knapsack problem (Dantzig, 1957). Machines
 * are kept in the order of bounds that are looser still, and only those that have changed are put in order again.
 */
export class Ransoms {
  private readonly kept = new Map<string, Kept>();
  private readonly tenants: Readonly<Record<Level, Tenants[]>> = {
    [levels.preemptible]: [],
    [levels.borrowed]: [],
    [levels.guaranteed]: [],
  };
  private now = Number.NEGATIVE_INFINITY;
  /** Moments are counted from here, so that products with them are exact enough. */
  private origin = 0;

  constructor(private readonly known: Sights) {}

  /** Where time goes back, those who keep machines were perhaps not in the way yet. */
  advance(now: number): void {
    if (now < this.now) this.kept.clear();
    if (this.kept.size === 0) this.origin = now;
    this.now = now;
  }

  /** Places where somebody might make way, those first that may cost least, with what it costs there at least. */
  *inOrder({ fit, level }: Option): Generator<{ readonly place: Place; readonly bound: number }> {
    const { places } = this.known.cluster.fleet;
    for (const { index, bound } of this.orderOf(fit.need, level).from(this.now - this.origin)) {
      const place = places[index];
      if (place) yield { place, bound };
    }
  }

  /** Who might make way there for somebody of this level, whether it may be asked for it or not. */
  tenantsOf(place: Place, level: Level): readonly Entry[] {
    return this.tenantsOn(place, level).map(({ entry }) => entry);
  }

  /** Infinite where all together do not have enough. `kept`: by those who are in the way there; null: nobody keeps anything. */
  leastOn(place: Place, { fit: { need }, level }: Option, kept: readonly Reservation[] | null): number {
    const tenants = this.tenantsOn(place, level);
    if (tenants.length === 0) return Number.POSITIVE_INFINITY;
    // Nobody makes way already or keeps anything: where somebody looks for who might make way, at least one has to go.
    const isPlain = kept === null && !this.known.leaving.isOn(place.id);
    const { gpus, cpuMilli, memoryMib } = isPlain ? place.free : this.freeSoon(place, kept ?? []);
    let missing = missingOn(gpus, need);
    if (!isPlain && missing <= 0 && cpuMilli >= need.cpuMilli && memoryMib >= need.memoryMib) return 0;
    const least = Math.min(...tenants.map((tenant) => this.costOf(tenant)));
    let sum = 0;
    for (const tenant of tenants.toSorted((one, other) => this.costOf(one) * other.milli - this.costOf(other) * one.milli)) {
      if (missing <= 0) break;
      const { milli } = tenant;
      const cost = this.costOf(tenant);
      sum += milli <= missing ? cost : (cost * missing) / milli;
      missing -= milli;
    }
    return missing > 0 ? Number.POSITIVE_INFINITY : Math.max(least, sum * slack);
  }

  private costOf({ at, weight }: Tenant): number {
    return weight * Math.max(0, this.now - at);
  }

  private orderOf(need: Need, level: Level): RansomOrder {
    const { fleet } = this.known.cluster;
    const hosted = { ...need, cpuMilli: 0, memoryMib: 0 };
    const key = `${level}/${fleet.kindCount}/${priceKeyOf(hosted)}`;
    let kept = this.kept.get(key);
    if (!kept) {
      if (this.kept.size >= mostKept) this.kept.clear();
      kept = { need: fleet.needOf(hosted), level, order: new RansomOrder(), position: -1, touched: -1 };
      this.kept.set(key, kept);
    }
    this.refresh(kept);
    return kept.order;
  }

  private refresh(kept: Kept): void {
    const { ripe, cluster } = this.known;
    const { changes, places } = cluster.fleet;
    const [changed, touched] = kept.position < 0 ? [null, null] : [changes.since(kept.position), ripe.changes.since(kept.touched)];
    const [from, since] = [kept.position, kept.touched];
    kept.position = changes.position;
    kept.touched = ripe.changes.position;
    if (changed === null || touched === null || changed.length + touched.length > places.length) {
      for (const index of places.keys()) this.renew(kept, index);
      return;
    }
    // Of a place that changed more than once, its last change will do.
    for (const [at, index] of changed.entries()) if ((places[index]?.revision ?? from + at + 1) === from + at + 1) this.renew(kept, index);
    for (const [at, index] of touched.entries()) if (ripe.revisionOf(index) === since + at + 1) this.renew(kept, index);
  }

  private renew({ need, level, order }: Kept, index: number): void {
    const place = this.known.cluster.fleet.places[index];
    const tenants = place?.isOpen ? this.tenantsOn(place, level) : nobody;
    if (!place || tenants.length === 0 || membersOnIdle(place, need) === 0) {
      order.set(index, -1, 0);
      return;
    }
    const isPlain = !this.known.leaving.isOn(place.id) && this.known.reservations.on(place.id).length === 0;
    const missing = missingOn(isPlain ? place.free.gpus : this.freeSoon(place, this.inTheWayOf(level, place)).gpus, need);
    this.place(order, index, { tenants, missing, isPlain });
  }

  private place(
    order: RansomOrder,
    index: number,
    { tenants, missing, isPlain }: { tenants: readonly Tenant[]; missing: number; isPlain: boolean },
  ): void {
    if (missing <= 0 && !isPlain) {
      order.set(index, 0, 0);
      return;
    }
    // Each costs at least its GPUs times its age, and the youngest least of all: those of gangs more.
    let [left, sum] = [missing, 0];
    for (const { milli, at } of tenants) {
      if (left <= 0) break;
      const part = Math.min(left, milli);
      sum += part * (at - this.origin);
      left -= part;
    }
    if (left > 0) {
      order.set(index, -1, 0);
      return;
    }
    // At least one has to go.
    const least = Math.min(...tenants.map(({ weight }) => weight));
    const latest = (tenants[0]?.at ?? this.now) - this.origin;
    const now = this.now - this.origin;
    if (missing > 0 && missing * now - sum > least * (now - latest)) order.set(index, missing, sum / missing);
    else order.set(index, least, latest);
  }

  /** Who keeps something there from whoever asks, now and later, unless it is its own. */
  private inTheWayOf(level: Level, { id }: Place): readonly Reservation[] {
    const { reservations, settings } = this.known;
    // It begins when others have made way, and has its grace at the end.
    const end = this.now + 2 * settings.graceMs;
    return reservations
      .on(id)
      .filter(({ at, entry, level: other }) => at < end && !mayDisplace(level, other) && !reservations.idle.has(entry));
  }

  /** When those who make way have gone, and those have come who keep something. */
  private freeSoon({ id, free }: Place, kept: readonly Reservation[]): { gpus: number[]; cpuMilli: number; memoryMib: number } {
    const soon = { gpus: [...free.gpus], cpuMilli: free.cpuMilli, memoryMib: free.memoryMib };
    const shift = (sign: 1 | -1, { cpuMilli, memoryMib, gpuMilli, mig }: Need, gpus: readonly number[]): void => {
      soon.cpuMilli += sign * cpuMilli;
      soon.memoryMib += sign * memoryMib;
      // Slices are none of what is free of whole GPUs.
      if (mig === undefined) for (const gpu of gpus) soon.gpus[gpu] = (soon.gpus[gpu] ?? 0) + sign * gpuMilli;
    };
    if (this.known.leaving.isOn(id)) {
      for (const { place, entry, seat, need } of this.known.cluster.on(id))
        if (place !== null && this.known.leaving.has(entry)) shift(1, need, seat.gpus);
    }
    for (const { need, seats } of kept) for (const seat of seats) if (seat.machine === id) shift(-1, need, seat.gpus);
    return soon;
  }

  /** The youngest first. */
  private tenantsOn(place: Place, level: Level): readonly Tenant[] {
    const touched = this.known.ripe.revisionOf(place.index);
    const known = this.tenants[level][place.index];
    if (known?.revision === place.revision && known.touched === touched) return known.all;
    const held = new Map<Entry, number>();
    for (const { entry, need, place: there } of this.known.cluster.on(place.id)) {
      if (there !== null && this.known.ripe.isRipeFor(entry, level)) held.set(entry, (held.get(entry) ?? 0) + gpuMilliOf(need));
    }
    const all = Array.from(held, ([entry, milli]): Tenant => ({ entry, milli, at: entry.running?.at ?? 0, weight: weightOf(entry) }));
    if (all.length > 1) all.sort((one, other) => other.at - one.at);
    this.tenants[level][place.index] = { revision: place.revision, touched, all };
    return all;
  }
}
