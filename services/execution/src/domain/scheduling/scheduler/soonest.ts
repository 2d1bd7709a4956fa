import type { Place } from '../placement/place.ts';
import { acceptsOf } from '../placement/wishes.ts';
import type { Cluster } from './cluster.ts';
import { endOf } from './entry.ts';
import type { FleetNeeds } from './fork.ts';
import type { WhoLeaves } from './leaving.ts';
import type { Reservations } from './reservations.ts';
import { Rising } from './rising.ts';
import type { Serving } from './serving.ts';
import type { Fit } from './shape.ts';

/** What it looks at. */
export interface Sights {
  readonly cluster: Cluster;
  readonly reservations: Reservations;
  readonly needs: FleetNeeds;
  readonly serving: Serving;
  /** Who makes way for somebody. */
  readonly leaving: WhoLeaves;
}

/** Into numbers that rise. */
export const insert = (rising: number[], value: number): void => {
  let at = rising.length;
  for (; at > 0 && (rising[at - 1] ?? 0) > value; at -= 1) rising[at] = rising[at - 1] ?? 0;
  rising[at] = value;
};

/** There may be as many needs as requests: beyond so many all is forgotten. */
const mostKept = 256;

/** Numbers by place, each good for as long as nothing changes there. */
class PerPlace {
  private value = new Float64Array(0);
  private revision = new Float64Array(0);

  get(index: number, revision: number): number | undefined {
    return this.revision[index] === revision ? this.value[index] : undefined;
  }

  set({ index, revision }: Pick<Place, 'index' | 'revision'>, value: number): void {
    if (index >= this.value.length) {
      const size = 2 * (index + 1);
      const [values, revisions] = [new Float64Array(size), new Float64Array(size).fill(-1)];
      values.set(this.value);
      revisions.set(this.revision);
      this.value = values;
      this.revision = revisions;
    }
    this.value[index] = value;
    this.revision[index] = revision;
  }
}

/** Moments before which there is no room on a machine for sure, so that it need not be looked at when another one has room sooner. */
export class Soonest {
  private readonly firstEnds = new PerPlace();
  private readonly byRoom = new Map<string, PerPlace>();
  private readonly rising = new Rising();

  constructor(
    private readonly known: Sights,
    private readonly graceMs: number,
  ) {}

  /** Of what runs there and makes way for nobody: when the first of it ends at the latest. */
  private firstEnd(index: number, revision: number): number {
    const known = this.firstEnds.get(index, revision);
    if (known !== undefined) return known;
    const { cluster } = this.known;
    let first = Number.POSITIVE_INFINITY;
    for (const hold of cluster.on(cluster.fleet.places[index]?.id ?? '')) {
      if (hold.place !== null) first = Math.min(first, endOf(hold.at, hold.entry.request.limitMs, this.graceMs));
    }
    this.firstEnds.set({ index, revision }, first);
    return first;
  }

  /** Somebody has looked there for this: before this moment there is no room. */
  note(fit: Fit, place: Place, at: number): void {
    this.foundOf(fit).set(place, at);
  }

  /**
   * All machines that could ever serve it, those first that may have room first. The machines themselves are not touched: there are tens of
   * thousands, and most are never looked at. One walk at a time.
   */
  *inOrder(fit: Fit): Generator<{ readonly place: Place; readonly bound: number }> {
    const { fleet } = this.known.cluster;
    const { places, room } = fleet;
    const need = this.known.needs.of(fit.need);
    const accepts = acceptsOf(fleet, fit.need, {});
    const found = this.foundOf(fit);
    const emptying = this.emptying();
    const indexes = this.known.serving.indexesOf(fit);
    this.rising.clear(indexes.length);
    for (const index of indexes) {
      const place = accepts === null ? undefined : places[index];
      if (place && accepts?.(place) === false) continue;
      const revision = room.revisionOf(index);
      const isUnknown = emptying.has(index) || room.mayServe(index, need);
      this.rising.add(index, isUnknown ? Number.NEGATIVE_INFINITY : (found.get(index, revision) ?? this.firstEnd(index, revision)));
    }
    for (const { index, key } of this.rising.drain()) {
      const place = places[index];
      if (place) yield { place, bound: key };
    }
  }

  /** Where somebody makes way. */
  private emptying(): ReadonlySet<number> {
    const { leaving, cluster } = this.known;
    const indexes = new Set<number>();
    for (const { running } of leaving) {
      for (const { machine } of running?.seats ?? []) {
        const index = cluster.fleet.get(machine)?.index;
        if (index !== undefined) indexes.add(index);
      }
    }
    return indexes;
  }

  private foundOf({ room }: Fit): PerPlace {
    let found = this.byRoom.get(room);
    if (!found) {
      if (this.byRoom.size >= mostKept) this.byRoom.clear();
      found = new PerPlace();
      this.byRoom.set(room, found);
    }
    return found;
  }
}
