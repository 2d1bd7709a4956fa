import type { Place } from '../placement/place.ts';
import { acceptsOf } from '../placement/wishes.ts';
import type { Cluster } from './cluster.ts';
import { endOf } from './entry.ts';
import type { FleetNeeds } from './fork.ts';
import { Heap } from './heap.ts';
import type { WhoLeaves } from './leaving.ts';
import type { Reservations } from './reservations.ts';
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

  get({ index, revision }: Place): number | undefined {
    return this.revision[index] === revision ? this.value[index] : undefined;
  }

  set({ index, revision }: Place, value: number): void {
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

  constructor(
    private readonly known: Sights,
    private readonly graceMs: number,
  ) {}

  /** Of what runs there and makes way for nobody: when the first of it ends at the latest. */
  private firstEnd(place: Place): number {
    const known = this.firstEnds.get(place);
    if (known !== undefined) return known;
    let first = Number.POSITIVE_INFINITY;
    for (const hold of this.known.cluster.on(place.id)) {
      if (hold.place !== null) first = Math.min(first, endOf(hold.at, hold.entry.request.limitMs, this.graceMs));
    }
    this.firstEnds.set(place, first);
    return first;
  }

  /** Somebody has looked there for this: before this moment there is no room. */
  note(fit: Fit, place: Place, at: number): void {
    this.foundOf(fit).set(place, at);
  }

  /** All machines that could ever serve it, those first that may have room first. */
  inOrder(fit: Fit): { readonly queue: Heap<Place>; readonly bounds: Float64Array } {
    const { fleet } = this.known.cluster;
    const need = this.known.needs.of(fit.need);
    const accepts = acceptsOf(fleet, fit.need, {});
    const found = this.foundOf(fit);
    const bounds = new Float64Array(fleet.places.length);
    const places = this.known.serving.placesOf(fit).filter((place) => accepts === null || accepts(place));
    for (const place of places) {
      const isUnknown = this.known.leaving.isOn(place.id) || fleet.room.mayServe(place.index, need);
      bounds[place.index] = isUnknown ? Number.NEGATIVE_INFINITY : (found.get(place) ?? this.firstEnd(place));
    }
    return { queue: new Heap((one, other) => (bounds[one.index] ?? 0) < (bounds[other.index] ?? 0), places), bounds };
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
